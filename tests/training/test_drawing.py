"""What is drawn here is framed as MNIST frames its digits."""

import numpy as np
import pytest

from training.drawing import drawn, framed, stroke_path
from training.golden import golden_images


@pytest.mark.parametrize("digit", range(10))
def test_a_golden_digit_is_framed_as_mnist_frames_it(digit: int) -> None:
    image = golden_images()[digit]
    rows, columns = np.nonzero(image)
    height, width = np.ptp(rows) + 1, np.ptp(columns) + 1
    mass = [(np.mgrid[:28, :28][axis] * image).sum() / image.sum() for axis in (0, 1)]

    assert max(height, width) in (19, 20)
    assert mass == pytest.approx([14, 14], abs=0.51)
    assert image.max() == 255


def test_the_golden_digits_are_always_the_same() -> None:
    np.testing.assert_array_equal(golden_images(), golden_images())


@pytest.mark.parametrize("shape", [(300, 10), (10, 300), (40, 40), (1, 1)])
def test_ink_of_any_shape_fits_the_box(shape: tuple[int, int]) -> None:
    picture = np.zeros((400, 400), np.uint8)
    picture[50 : 50 + shape[0], 60 : 60 + shape[1]] = 255

    rows, columns = np.nonzero(framed(picture))

    assert max(np.ptp(rows), np.ptp(columns)) == 19


def test_no_ink_is_a_black_frame() -> None:
    np.testing.assert_array_equal(np.zeros((28, 28)), framed(np.zeros((50, 40), np.uint8)))


def test_lopsided_ink_stays_inside_the_frame() -> None:
    picture = np.zeros((200, 200), np.uint8)
    picture[:, :4] = 8
    picture[190:] = 255

    assert (framed(picture).sum(axis=1) > 0).sum() == 20


def test_a_path_runs_through_its_points_and_straight_points_stay_straight() -> None:
    points = [(0.0, 0.0), (0.25, 0.5), (0.5, 1.0), (0.75, 1.5)]

    path = stroke_path(points, steps=8)

    assert path[::8].tolist() == [list(point) for point in points]
    assert path[:, 1] == pytest.approx(2 * path[:, 0])


def test_a_thicker_pen_leaves_more_ink() -> None:
    line = [[(0.2, 0.2), (0.8, 0.8)]]

    assert drawn(line, pen=0.2).sum() > 1.5 * drawn(line, pen=0.1).sum()
