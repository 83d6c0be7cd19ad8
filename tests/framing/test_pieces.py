"""The pieces of ink: specks go, dots in a line are linked, printed lines and boxes are known."""

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage

from framing import pieces
from framing.constants import CONSTANTS
from framing.pieces import Mask

AROUND = np.ones((3, 3))


def ring(dots: int, radius: int = 3, *, side: int = 120) -> Mask:
    """Dots on a circle."""
    rows, columns = np.indices((side, side))
    mask = np.zeros((side, side), np.uint8)
    for angle in np.linspace(0, 2 * np.pi, dots, endpoint=False):
        down, across = side / 2 + side / 3 * np.array([np.sin(angle), np.cos(angle)])
        mask[(rows - down) ** 2 + (columns - across) ** 2 <= radius**2] = 255
    return mask


def linked(mask: Mask) -> Mask:
    return pieces.linked(mask, pieces.of(mask), CONSTANTS)


@given(arrays(np.uint8, (12, 17), elements=st.sampled_from([0, 255])))
def test_pieces_are_those_that_scipy_labels(mask: npt.NDArray[np.uint8]) -> None:
    labels, number = ndimage.label(mask, AROUND)

    assert pieces.number(mask) == number
    found = pieces.of(mask)
    assert sorted(found.areas.tolist()) == sorted(np.bincount(labels.ravel())[1:].tolist())


@pytest.mark.parametrize("dots", [8, 15, 25])
def test_dots_in_a_line_become_one_piece(dots: int) -> None:
    made = linked(ring(dots))

    assert ndimage.label(made, AROUND)[1] == 1
    # A link is no broader than the dots.
    assert ndimage.distance_transform_edt(made).max() < 5


def test_what_is_far_away_is_not_linked() -> None:
    mask = ring(20)
    mask[55:62, 55:62] = 255

    assert ndimage.label(linked(mask), AROUND)[1] == 2


def test_few_pieces_and_strokes_stay_as_they_are() -> None:
    strokes = np.zeros((120, 120), np.uint8)
    strokes[10:100, 20:110:15] = 255

    assert np.array_equal(linked(ring(4)), ring(4))
    assert np.array_equal(linked(strokes), strokes)


def test_specks_go_and_the_rest_stays() -> None:
    ink = np.zeros((60, 60), np.uint8)
    ink[10:50, 20:30] = 200
    with_specks = ink.copy()
    with_specks[5, 5] = with_specks[55, 40:42] = 200

    found = pieces.without_specks(with_specks, pieces.of(with_specks), CONSTANTS)
    assert np.array_equal(found, ink)


def test_ink_of_nothing_but_dots_keeps_them() -> None:
    mask = ring(25)
    mask[0:40, 0] = 255

    assert np.array_equal(pieces.without_specks(mask, pieces.of(mask), CONSTANTS), mask)


@pytest.mark.parametrize(
    ("second", "are_apart"),
    [
        ((10, 60, 40, 30), True),
        ((10, 60, 20, 30), True),
        ((52, 37, 40, 30), True),
        ((52, 10, 40, 30), True),
        ((10, 60, 12, 30), False),
        ((10, 60, 40, 4), False),
    ],
    ids=["beside", "half as high", "just overlapping", "below", "low", "slight"],
)
def test_two_large_pieces_beside_or_below_each_other_are_apart(
    second: tuple[int, int, int, int], *, are_apart: bool
) -> None:
    mask = np.zeros((100, 100), np.uint8)
    for top, left, height, width in ((10, 10, 40, 30), second):
        mask[top : top + height, left : left + width] = 255

    assert pieces.are_apart(pieces.of(mask), CONSTANTS) is are_apart


def test_pieces_that_reach_into_each_others_rows_and_columns_are_not_apart() -> None:
    mask = np.zeros((100, 100), np.uint8)
    cv2.rectangle(mask, (10, 10), (70, 12), 255, -1)
    cv2.rectangle(mask, (10, 10), (12, 70), 255, -1)
    cv2.rectangle(mask, (30, 30), (80, 80), 255, -1)

    assert pieces.number(mask) == 2
    assert pieces.are_apart(pieces.of(mask), CONSTANTS) is False


def test_lines_and_boxes_are_known_by_their_course() -> None:
    stroke = np.zeros((100, 80), np.uint8)
    stroke[20:80, 30:40] = 255
    line, box = stroke.copy(), stroke.copy()
    line[90, 2:78] = 255
    box[10:90, [10, 60]] = 255
    box[[10, 89], 10:61] = 255

    for is_even in (True, False):
        assert not pieces.have_lines(pieces.of(stroke), CONSTANTS, is_even=is_even)
        assert pieces.have_lines(pieces.of(line), CONSTANTS, is_even=is_even)
        assert pieces.have_lines(pieces.of(box + stroke), CONSTANTS, is_even=is_even)


def test_on_even_ground_a_digit_may_be_as_long_as_a_side_and_hold_a_speck() -> None:
    mask = np.zeros((100, 80), np.uint8)
    mask[2:98, [*range(5, 15), *range(65, 75)]] = mask[[*range(2, 12), *range(88, 98)], 5:75] = 255
    rounded = mask.copy()
    rounded[:25, :25] = rounded[:25, -25:] = rounded[-25:, :25] = rounded[-25:, -25:] = 0
    cv2.ellipse(rounded, (40, 50), (32, 46), 0, 0, 360, 255, 8)
    for ring in (rounded, mask):
        ring[48:60, 36:48] = 255

    assert pieces.have_lines(pieces.of(mask), CONSTANTS, is_even=True)
    assert not pieces.have_lines(pieces.of(rounded), CONSTANTS, is_even=True)
    assert pieces.have_lines(pieces.of(rounded), CONSTANTS, is_even=False)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([((10, 90), (70, 86))], True),
        ([((10, 90), (70, 90)), ((12, 100), (68, 100))], True),
        ([((10, 5), (70, 5))], False),
        ([((10, 90), (30, 106))], False),
        ([((10, 60), (70, 60))], False),
        ([], False),
    ],
    ids=["below", "two below", "above", "too steep", "across", "none"],
)
def test_a_line_below_all_else_underlines_it(
    lines: list[tuple[tuple[int, int], tuple[int, int]]], *, expected: bool
) -> None:
    mask = np.zeros((120, 80), np.uint8)
    cv2.rectangle(mask, (30, 20), (50, 70), 255, 6)
    for first, last in lines:
        cv2.line(mask, first, last, 255, 5)

    assert pieces.are_underlined(pieces.of(mask), CONSTANTS) is expected


def test_lines_alone_underline_nothing() -> None:
    mask = np.zeros((60, 80), np.uint8)
    mask[20:24, 10:70] = mask[40:44, 10:70] = 255

    assert not pieces.are_underlined(pieces.of(mask), CONSTANTS)
