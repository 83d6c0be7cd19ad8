"""What a head learns from is decided by run, seed and number; it is measured by digits of every source."""

import numpy as np
import pytest

from training import acquaintance, familiarity
from training.data import Mnist, Part
from training.lessons import Digits
from training.recipes import BEST, LECTURE, Recipe


@pytest.fixture(scope="module")
def part(drawn_mnist: Mnist) -> Part:
    return drawn_mnist.train_images[:128], drawn_mnist.train_labels[:128]


def rounds(recipe: Recipe, part: Part, seed: int = 1) -> acquaintance.Rounds:
    shortened = recipe.shortened(images=len(part[0]), epochs=1)
    return acquaintance.Rounds(shortened, Digits(shortened, part, part, seed), part, seed)


def test_every_round_is_drawn_anew_and_again_the_same(part: Part) -> None:
    one, same, other = (rounds(BEST, part, seed) for seed in (1, 1, 2))

    for first, again, another, later in zip(one(0), same(0), other(0), one(1), strict=True):
        assert (first.shape[1:], first.dtype) == ((28, 28), np.uint8)
        np.testing.assert_array_equal(first, again)
        assert not np.array_equal(first, another)
        assert not np.array_equal(first, later)


def test_as_many_digits_as_strangers_are_taken_and_hands_besides(part: Part) -> None:
    digits, strangers = rounds(BEST, part)(0)

    assert len(digits) == 128 + 128
    assert len(strangers) == pytest.approx(128, abs=4)


def test_digits_are_augmented_as_strangers_are_by_a_recipe_that_augments_nothing(part: Part) -> None:
    digits, _ = rounds(LECTURE, part)(0)

    assert not any((digit == image).all() for digit in digits for image in part[0])


def test_plain_strangers_stay_plain(part: Part) -> None:
    _, strangers = rounds(BEST, part)(0)

    assert strangers[-1].min() == strangers[-1].max()


def test_digits_of_every_source_without_a_camera_are_framed(part: Part) -> None:
    found = acquaintance.sources(part, None, number=3)

    assert list(found) == [familiarity.VALIDATION, "made hands", "drawings and scans"]
    np.testing.assert_array_equal(found[familiarity.VALIDATION], part[0])
    assert len(found["made hands"]) == 30
    assert len(found["drawings and scans"]) > 20
    assert all(images.shape[1:] == (28, 28) for images in found.values())


def test_photos_are_prepared_by_a_network_that_finds_ink(part: Part) -> None:
    asked = []

    def look(views: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        asked.append(views.shape)
        ink = np.zeros(views.shape, np.float32)
        ink[:, 20:44, 28:36] = 1
        return ink, np.tile(np.float32([0, 1, 0]), (len(views), 1))

    found = acquaintance.sources(part, look, number=1)

    assert asked
    assert len(found["photos"]) >= 1
