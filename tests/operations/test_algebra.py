"""What the lecture says of convolution as such (lines 44 to 60 and 121)."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.operations.execution import Answer
from service.operations.kernels import PRESETS

Run = Callable[..., Answer]
seeds = st.integers(0, 2**32 - 1)
signals = st.lists(st.integers(-9, 9), min_size=1, max_size=8)


def full(run: Run, x: object, h: object) -> np.ndarray:
    return run("convolve", x, kernel=h, padding="full").output


@given(x=signals, h=signals)
def test_convolution_is_commutative(run: Run, x: list[int], h: list[int]) -> None:
    assert np.array_equal(full(run, x, h), full(run, h, x))


@given(x=signals, g=signals, h=signals)
def test_convolution_is_associative(run: Run, x: list[int], g: list[int], h: list[int]) -> None:
    assert np.array_equal(full(run, full(run, x, g), h), full(run, x, full(run, g, h)))


@given(seed=seeds, a=st.integers(-5, 5), b=st.integers(-5, 5))
def test_convolution_is_linear_and_so_distributive(run: Run, seed: int, a: int, b: int) -> None:
    x, y, h = np.random.default_rng(seed).integers(-9, 10, (3, 4, 4))

    assert np.array_equal(full(run, a * x + b * y, h), a * full(run, x, h) + b * full(run, y, h))


@given(seed=seeds, down=st.integers(0, 3), right=st.integers(0, 3))
def test_a_shifted_image_gives_a_shifted_map(run: Run, seed: int, down: int, right: int) -> None:
    x, h = np.random.default_rng(seed).integers(-9, 10, (2, 5, 5))
    shifted = np.pad(x, [(down, 0), (right, 0)])

    assert np.array_equal(full(run, shifted, h)[down:, right:], full(run, x, h))


@given(seed=seeds)
def test_the_delta_changes_nothing(run: Run, seed: int) -> None:
    x = np.random.default_rng(seed).normal(size=(5, 6)).astype(np.float32)

    assert np.array_equal(x, run("convolve", x, kernel="identity", padding="same").output)


@given(seed=seeds)
def test_correlation_is_convolution_with_the_kernel_turned(run: Run, seed: int) -> None:
    x, h = np.random.default_rng(seed).integers(-9, 10, (2, 5, 5))
    turned = run("convolve", x, kernel=np.rot90(h, 2).copy(), padding="same").output

    assert np.array_equal(
        turned, run("convolve", x, kernel=h, padding="same", operation="cross_correlation").output
    )


@pytest.mark.parametrize("name", PRESETS)
def test_differential_kernels_sum_to_0_and_smoothing_ones_to_1(run: Run, name: str) -> None:
    preset = PRESETS[name]
    of_ones = run("convolve", np.ones((7, 7)), kernel=name).output

    assert preset.sum == {"differential": 0, "smoothing": 1, "other": 1}[preset.kind]
    assert np.allclose(of_ones, preset.sum, atol=1e-6)


@given(seed=seeds)
def test_pooling_windows_of_one_cell_changes_nothing(run: Run, seed: int) -> None:
    x = np.random.default_rng(seed).normal(size=(2, 5, 6)).astype(np.float32)

    for operation in ("max", "average"):
        assert np.array_equal(x, run("pool", x, operation=operation, kernel_size=1).output)
