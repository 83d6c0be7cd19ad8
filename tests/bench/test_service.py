"""The load tool against the service itself."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from service.settings import PACKAGED_RECOGNISER

SEVEN = Path(__file__).parents[2] / "docs" / "seven.jpg"


@pytest.fixture(scope="module")
def address(serve: Callable[..., str]) -> str:
    return serve(LENET_DEVICE="cpu", LENET_THREADS="1")


def test_predict_is_measured_with_the_stages_that_the_service_tells(
    address: str, bench: Callable[..., Any]
) -> None:
    run = bench(address, "--json", "--connections", "2")
    figures = run.figures

    assert (run.status, run.errors) == (0, "")
    assert (figures["model"], figures["version"], figures["provider"]) == (
        "lenet5",
        PACKAGED_RECOGNISER.name,
        "CPUExecutionProvider",
    )
    assert figures["requests"] == figures["statuses"]["200"] > 0
    assert {"decode", "queue", "inference"} <= set(figures["server_timing_ms"])
    assert sum(figures["server_timing_ms"].values()) < figures["latency_ms"]["max"]


def test_a_photo_is_measured_in_the_open_loop(address: str, bench: Callable[..., Any]) -> None:
    run = bench(address, "--rate", "20", "--image", str(SEVEN))

    assert run.status == 0
    assert "1 picture, 31 KiB · the first is read as a 7" in run.output
    assert "6 answered 200 · 0 errors" in run.output


def test_an_unknown_model_is_told_before_the_load(address: str, bench: Callable[..., Any]) -> None:
    run = bench(address, "--model", "other")

    assert run.status == 2
    assert "/predict?model=other answered 404" in run.errors
