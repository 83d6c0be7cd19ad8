"""``GET /kernels``: what has a name."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from httpx2 import Client


def test_each_kernel_tells_its_matrix_sum_and_purpose(client: Client) -> None:
    for kernel in client.get("/kernels").json()["kernels"]:
        assert np.sum(kernel["matrix"]) == pytest.approx(kernel["sum"])
        assert kernel["purpose"]
        assert kernel["source"]
        assert client.get(f"/kernels/{kernel['name']}").json() == kernel


def test_the_sobel_kernels_are_those_that_the_lecture_prints(client: Client) -> None:
    assert client.get("/kernels/sobel_y").json()["matrix"] == [[1, 2, 1], [0, 0, 0], [-1, -2, -1]]
    assert client.get("/kernels/sobel_x").json()["matrix"] == [[1, 0, -1], [2, 0, -2], [1, 0, -1]]


def test_no_kernel_of_that_name_is_a_404_that_lists_them(
    client: Client, assert_problem: Callable[..., dict[str, Any]]
) -> None:
    problem = assert_problem(client.get("/kernels/xyzzy"), 404, kind="unknown-name")

    assert "laplacian_4" in problem["detail"]
