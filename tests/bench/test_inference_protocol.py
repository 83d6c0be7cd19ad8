"""The load tool against the service's Open Inference Protocol."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from service.settings import PACKAGED_RECOGNISER

SEVEN = Path(__file__).parents[2] / "docs" / "seven.jpg"


@pytest.fixture(scope="module")
def address(serve: Callable[..., str]) -> str:
    return serve(LENET_DEVICE="cpu", LENET_THREADS="1")


def test_tensors_are_measured(address: str, bench: Callable[..., Any]) -> None:
    run = bench(address, "--api", "v2", "--json", "--duration", "1")

    assert (run.status, run.errors) == (0, "")
    assert (run.figures["model"], run.figures["version"]) == ("lenet5", PACKAGED_RECOGNISER.name)
    assert run.figures["requests"] == run.figures["statuses"]["200"] > 0


def test_picture_files_are_measured(address: str, bench: Callable[..., Any]) -> None:
    run = bench(address, "--api", "v2", "--image", str(SEVEN))

    assert run.status == 0
    assert "the first is read as a 7" in run.output
