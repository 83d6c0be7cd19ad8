"""What is doubtful by its levels is looked at by the network that finds ink; one of two answers is given."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from framing.flat import Box, FlatDigit
from framing.looks import VIEW_PX
from framing.mnist import SIZE_PX, Framed
from service.digits.network import Scores
from service.digits.preparation import Prepared, Sight
from service.digits.recognition import Reason, Recognition, reconsidered

ALL: Box = (8, 12, 40, 30)
"""The ink of the picture, as levels see it."""

PART: Box = (8, 12, 40, 14)
NOTHING: Box = (0, 0, 0, 0)

GREY = np.full((56, 56), 255, np.uint8)
"""In the network's view it has its own size, four pixels from each edge."""


def by_levels(digit: int, confidence: float, reason: Reason | None = None, **found: bool) -> Recognition:
    """What is known of the picture by its levels."""
    traits = {"is_doubtful": False, "is_solid": False, "is_clean": True, "is_levelled": False, **found}
    image = np.zeros(SIZE_PX, np.uint8)
    flat = FlatDigit(Framed(image, (0, 0)), is_dark=True, box=ALL, **traits)
    prepared = Prepared(image, found=flat, sight=Sight(GREY, (1, 1)))
    probabilities = np.eye(10, dtype=np.float32)[digit]
    return Recognition(digit, np.float32(confidence), reason, probabilities, prepared)


def looked(first: Recognition, digit: int, box: Box = ALL, *, is_familiar: bool = True) -> Recognition:
    """What is known once a network has found ink in ``box``, which another reads as ``digit``."""

    def look(views: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        ink = np.zeros((len(views), VIEW_PX, VIEW_PX), np.float32)
        top, left, height, width = box
        ink[:, top + 4 : top + 4 + height, left + 4 : left + 4 + width] = 1
        return ink, np.array([[0, 1, 0]] * len(views), np.float32)

    def score(images: np.ndarray) -> Scores:
        probabilities = np.repeat(np.eye(10, dtype=np.float32)[[digit]], len(images), axis=0)
        number = np.full(len(images), digit)
        return Scores(probabilities, probabilities, np.full(len(images), is_familiar), number)

    network: Any = SimpleNamespace(size=SIZE_PX, score=score)
    finder: Any = SimpleNamespace(look=look)
    (found,) = reconsidered(network, [first], lambda: finder)
    return found


@pytest.mark.parametrize(
    ("confidence", "is_levelled", "is_looked_at"),
    [(0.94, False, True), (0.96, False, False), (0.99, True, True), (0.996, True, False)],
)
def test_an_improbable_digit_is_looked_at_and_sooner_where_light_was_made_even(
    confidence: float,
    is_levelled: bool,  # noqa: FBT001  a parameter of the test
    is_looked_at: bool,  # noqa: FBT001
) -> None:
    found = looked(by_levels(7, confidence, is_levelled=is_levelled), 3)

    assert found.digit == (3 if is_looked_at else 7)


@pytest.mark.parametrize("trait", ["is_doubtful", "is_solid"])
def test_doubtful_and_solid_ink_is_looked_at_however_probable_its_digit(trait: str) -> None:
    assert looked(by_levels(7, 1.0, **{trait: True}), 3).digit == 3


def test_what_is_no_digit_is_looked_at_where_light_was_made_even() -> None:
    assert looked(by_levels(7, 1.0, "unfamiliar"), 3).digit == 7
    found = looked(by_levels(7, 1.0, "unfamiliar", is_levelled=True), 3)

    assert (found.digit, found.reason) == (3, None)


@pytest.mark.parametrize(("is_solid", "reason"), [(False, None), (True, "unfamiliar")])
def test_where_the_network_finds_no_ink_levels_count_and_solid_ink_is_no_digit(
    is_solid: bool,  # noqa: FBT001  a parameter of the test
    reason: str | None,
) -> None:
    found = looked(by_levels(7, 0.5, is_solid=is_solid), 3, NOTHING)

    assert (found.digit, found.reason) == (7, reason)


def test_where_light_was_made_even_and_the_network_finds_no_ink_it_is_blank() -> None:
    assert looked(by_levels(7, 0.5, is_levelled=True), 3, NOTHING).reason == "blank"


def test_a_sign_that_is_no_digit_by_its_levels_stays_none() -> None:
    first = by_levels(7, 0.5, "unfamiliar")
    found = looked(first, 3)

    assert (found.digit, found.reason) == (3, "unfamiliar")
    assert looked(by_levels(7, 0.5), 3).reason is None


def test_beside_other_ink_the_network_tells_whether_there_is_a_digit() -> None:
    assert looked(by_levels(7, 0.5, "unfamiliar", is_clean=False), 3).reason is None
    assert looked(by_levels(7, 0.5, is_clean=False), 3, is_familiar=False).reason == "unfamiliar"


@pytest.mark.parametrize(("box", "reason"), [(ALL, None), (PART, "several")])
def test_of_ink_that_may_be_two_digits_the_network_has_to_see_all(box: Box, reason: str | None) -> None:
    found = looked(by_levels(7, 1.0, is_doubtful=True), 3, box)

    assert (found.digit, found.reason) == (3, reason)
