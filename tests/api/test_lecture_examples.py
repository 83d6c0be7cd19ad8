"""The lecture's worked examples of convolution and pooling, over HTTP."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from httpx2 import Client

LECTURE = Path(__file__).parents[3] / "shared" / "lecture-examples.json"
EXAMPLES = json.loads(LECTURE.read_text())["examples"] if LECTURE.exists() else []


@pytest.mark.parametrize(
    "example",
    [pytest.param(one, id=one["name"]) for one in EXAMPLES if one["op"] in {"convolve", "pool"}],
)
def test_the_lectures_examples_come_out_right(client: Client, example: dict[str, Any]) -> None:
    answer = client.post(f"/{example['op']}", json={**example["inputs"], **example["parameters"]})
    expected = example["expected"]
    if isinstance(expected, dict):
        assert answer.json()["indices"] == expected["indices_row_col"]
        expected = expected["output"]
    output = np.array(answer.json()["output"])

    assert answer.status_code == 200
    assert output.shape == np.shape(expected)
    assert np.allclose(output, expected, rtol=1e-6, atol=1e-6)
    if np.array(expected).dtype.kind == "i":
        assert np.array_equal(output, expected)
