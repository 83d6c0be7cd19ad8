"""MNIST's framing: the ink's box is 20 pixels long, its centre of mass is in the middle."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from framing.mnist import are_framed, frame, is_framed, padded

Grey = npt.NDArray[np.uint8]


def blob(height: int, width: int, seed: int) -> Grey:
    """Give ink of this size that reaches every side."""
    chance = np.random.default_rng(seed)
    ink = (ndimage.gaussian_filter(chance.normal(0, 1, (height, width)), 2) > 0) * 255
    ink[0, width // 2] = ink[-1, width // 2] = ink[height // 2, 0] = ink[height // 2, -1] = 255
    return ink.astype(np.uint8)


@given(st.integers(1, 200), st.integers(1, 200), st.integers(0, 1000))
def test_what_is_framed_has_its_longer_side_and_its_centre(height: int, width: int, seed: int) -> None:
    framed = frame(blob(height, width, seed))
    rows, columns = np.nonzero(framed.image)
    down, across = ndimage.center_of_mass(framed.image)
    inside = rows.min() > 0 and rows.max() < 27 and columns.min() > 0 and columns.max() < 27

    assert framed.image.shape == (28, 28)
    assert framed.image.max() == 255
    assert max(np.ptp(rows), np.ptp(columns)) + 1 <= 20
    if inside:
        assert abs(down - 14) <= 0.5 + 1e-6
        assert abs(across - 14) <= 0.5 + 1e-6


@given(st.integers(1, 160), st.integers(1, 160))
def test_points_however_far_apart_are_framed(height: int, width: int) -> None:
    points = np.zeros((height, width), np.uint8)
    points[[0, -1], [0, -1]] = 96

    assert frame(points).image.max() == 255


def test_what_was_framed_is_known_as_such_and_what_is_moved_is_not() -> None:
    image = frame(blob(60, 40, 1)).image

    assert is_framed(image)
    assert not is_framed(np.roll(image, 2, axis=0))
    assert not is_framed(np.roll(image, -2, axis=1))
    assert not is_framed(image // 2)
    assert not is_framed(image[:27])


def test_many_at_once_are_found_framed_just_as_each_alone() -> None:
    chance = np.random.default_rng(0)
    framed = [
        frame(blob(*size, seed)).image for seed, size in enumerate([(50, 30), (30, 50), (40, 40), (90, 8)])
    ]
    moved = [
        np.roll(one, (down, across), (0, 1)) for one in framed for down in (-2, 0, 1) for across in (-1, 0, 3)
    ]
    faint = [(one * level).astype(np.uint8) for one in framed for level in (0.7, 0.78, 0.79, 0.9)]
    noise = [chance.integers(0, 256, (28, 28), np.uint8) for _ in range(20)]
    boxes = []
    for height, width, top, left in chance.integers(0, 29, (300, 4)):
        box = np.zeros((28, 28), np.uint8)
        box[top : top + height, left : left + width] = 255
        boxes.append(box)
    images = np.stack([*framed, *moved, *faint, *noise, *boxes])

    found = are_framed(images)

    assert found == [is_framed(one) for one in images]
    assert 10 < sum(found) < len(found) - 10


@pytest.mark.parametrize(("height", "width", "top", "left"), [(32, 32, 2, 2), (31, 28, 1, 0), (28, 35, 0, 3)])
def test_a_framed_image_is_put_in_the_middle_of_a_larger_one(
    height: int, width: int, top: int, left: int
) -> None:
    images = np.random.default_rng(0).integers(1, 256, (3, 28, 28), np.uint8)
    expected = np.zeros((3, height, width), np.uint8)
    expected[:, top : top + 28, left : left + 28] = images

    np.testing.assert_array_equal(padded(images, height, width), expected)
    np.testing.assert_array_equal(padded(images[0], height, width), expected[0])
    assert padded(images, 28, 28) is images
