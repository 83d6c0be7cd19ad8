"""Looks: the whole picture first, nearer where the digit is small; what is found is framed."""

import cv2
import numpy as np
import pytest

from framing.looks import NONE, SEVERAL, VIEW_PX, Found, View, find, square, whole
from framing.mnist import is_framed

ONE_DIGIT = np.float32([0, 1, 0])


class Dark:
    """Stands for a network: what is dark is ink."""

    def __init__(self, strength: float = 1.0, counts: np.ndarray = ONE_DIGIT) -> None:
        self.views: list[View] = []
        self._strength, self._counts = strength, counts

    def __call__(self, views: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        self.views.extend(views)
        ink = (1 - views.astype(np.float32) / 255) * np.float32(self._strength)
        return ink, np.stack([self._counts] * len(views))


def page(height: int, width: int, box: tuple[int, int, int, int]) -> np.ndarray:
    """A dark L on white; its box is top, left, height, width."""
    grey = np.full((height, width), 255, np.uint8)
    top, left, high, wide = box
    pen = max(2, high // 6)
    grey[top : top + high, left : left + pen] = 0
    grey[top + high - pen : top + high, left : left + wide] = 0
    return grey


def found(grey: np.ndarray, network: Dark) -> Found:
    (result,) = find([grey], network)
    assert result.looks == len(network.views)
    assert {view.shape for view in network.views} == {(VIEW_PX, VIEW_PX)}
    return result


@pytest.mark.parametrize("shape", [(200, 200), (150, 300), (300, 150), (1000, 700), (28, 28)])
def test_a_large_digit_is_looked_at_once(shape: tuple[int, int]) -> None:
    height, width = shape
    box = (round(0.2 * height), round(0.25 * width), round(0.62 * height), round(0.5 * width))
    network = Dark()
    result = found(page(height, width, box), network)

    if max(box[2:]) / max(shape) > 0.6:
        assert result.looks == 1
    assert result.framed is not None
    assert is_framed(result.framed.image)
    np.testing.assert_allclose(result.box, box, atol=0.04 * max(shape))


@pytest.mark.parametrize("corner", [(4, 6), (100, 140), (160, 4)])
def test_a_small_digit_is_looked_at_again_and_found_where_it_stands(corner: tuple[int, int]) -> None:
    box = (*corner, 36, 22)
    result = found(page(200, 200, box), Dark())

    assert result.looks == 2
    assert result.framed is not None
    assert is_framed(result.framed.image)
    np.testing.assert_allclose(result.box, box, atol=2)


def test_the_nearer_look_makes_the_digit_a_good_part_of_the_view() -> None:
    network = Dark()
    found(page(300, 300, (40, 50, 40, 30)), network)

    _, near = network.views
    _, _, width, height = cv2.boundingRect((near < 128).astype(np.uint8))
    assert 0.6 < max(width, height) / VIEW_PX < 0.85


def test_where_there_is_no_ink_nothing_is_found() -> None:
    result = found(np.full((90, 120), 255, np.uint8), Dark(counts=np.float32([1, 0, 0])))

    assert (result.framed, result.box, result.looks) == (None, (0, 0, 0, 0), 1)
    assert result.counts[NONE] == 1
    assert not result.is_several


def test_weak_ink_is_looked_at_nearer_and_counts_only_when_it_is_sure_then() -> None:
    grey = page(200, 200, (60, 60, 80, 60))

    class Second(Dark):
        def __call__(self, views: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            ink, counts = super().__call__(views)
            return ink * (0.3 if len(self.views) == 1 else 1), counts

    assert found(grey, Second()).framed is not None
    assert found(grey, Second(counts=np.float32([0.6, 0.4, 0]))).framed is None
    weak = found(grey, Dark(strength=0.3))
    assert (weak.framed, weak.looks) == (None, 2)


@pytest.mark.parametrize("side", [200, 1000])
def test_where_the_whole_shows_nothing_it_looks_at_the_hint_and_has_to_be_sure(side: int) -> None:
    box = (0.1 * side, 0.55 * side, 0.3 * side, 0.25 * side)
    top, left, high, wide = map(round, box)
    grey = page(side, side, (top, left, high, wide))

    class Second(Dark):
        def __call__(self, views: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            ink, counts = super().__call__(views)
            return ink * (len(self.views) > 1), counts

    (sure,) = find([grey], Second(), [box])
    (unsure,) = find([grey], Second(counts=np.float32([0.6, 0.4, 0])), [box])
    (without,) = find([grey], Second())

    assert sure.framed is not None
    assert is_framed(sure.framed.image)
    np.testing.assert_allclose(sure.box, box, atol=0.02 * side)
    assert (unsure.framed, unsure.looks) == (None, 2)
    assert (without.framed, without.looks) == (None, 1)


def test_specks_beside_the_digit_are_left_out_and_dots_are_not() -> None:
    grey = page(200, 200, (60, 60, 120, 80))
    grey[8:14, 180:186] = 0
    dotted = np.full((200, 200), 255, np.uint8)
    for down in range(30, 180, 30):
        cv2.circle(dotted, (100, down), 7, 0, cv2.FILLED)

    np.testing.assert_allclose(found(grey, Dark()).box, (60, 60, 120, 80), atol=6)
    assert found(dotted, Dark()).box[2] > 100


@pytest.mark.parametrize(("left", "is_kept"), [(192, False), (170, True)], ids=["cut", "whole"])
def test_what_the_edge_cuts_far_from_the_digit_is_a_neighbours(left: int, *, is_kept: bool) -> None:
    grey = page(200, 200, (60, 30, 110, 60))
    grey[70:140, left : left + 20] = 0
    _, first, _, width = found(grey, Dark()).box

    assert first == pytest.approx(30, abs=4)
    assert (width > 100) is is_kept


def test_a_digit_that_the_edge_cuts_keeps_its_parts() -> None:
    grey = page(200, 200, (60, 0, 110, 60))
    grey[70:140, 192:] = 0

    assert found(grey, Dark()).box[3] > 180


def test_several_digits_are_told_by_the_first_look() -> None:
    result = found(page(200, 200, (60, 60, 120, 80)), Dark(counts=np.float32([0.1, 0.3, 0.6])))

    assert result.is_several
    assert result.counts[SEVERAL] == pytest.approx(0.6)


def test_pictures_are_found_together_as_each_alone() -> None:
    greys = [
        page(300, 300, (40, 50, 40, 30)),
        np.full((90, 120), 255, np.uint8),
        page(200, 200, (40, 50, 124, 100)),
    ]
    network = Dark()
    together = find(greys, network)

    assert [one.looks for one in together] == [2, 1, 1]
    assert len(network.views) == 4
    for one, grey in zip(together, greys, strict=True):
        (alone,) = find([grey], Dark())
        assert one[1:] == alone[1:]
        assert (one.framed is None) is (alone.framed is None)
        if one.framed and alone.framed:
            np.testing.assert_array_equal(one.framed.image, alone.framed.image)


def test_no_pictures_are_no_question() -> None:
    assert find([], Dark()) == []


def test_it_tells_whether_ink_is_darker_than_what_is_around() -> None:
    class Light(Dark):
        def __call__(self, views: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            return super().__call__(255 - views)

    assert found(page(200, 200, (40, 50, 124, 100)), Dark()).is_dark
    assert not found(255 - page(200, 200, (40, 50, 124, 100)), Light()).is_dark


def test_beyond_the_picture_is_as_its_rim_or_as_it_is_told() -> None:
    grey = np.full((40, 20), 200, np.uint8)

    assert (whole(grey) == 200).all()
    layer = whole(grey, beyond=0)
    assert set(np.unique(layer).tolist()) == {0, 200}
    assert cv2.boundingRect(layer) == (18, 4, 28, 56)
    assert (square(grey, (0, 0), 30) == 200).all()
    assert cv2.boundingRect(square(grey, (0, 0), 40, beyond=0)) == (32, 32, 32, 32)
    assert not square(grey, (500, 500), 40, beyond=0).any()


@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (700, 2), (3, 3)])
def test_pictures_of_any_shape_are_looked_at(shape: tuple[int, int]) -> None:
    found(np.random.default_rng(0).integers(0, 256, shape, np.uint8), Dark())
