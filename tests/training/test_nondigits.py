"""Pictures that are no digits: every letter, no digit among them, and what measures is not what taught."""

import cv2
import numpy as np
import pytest

from training import nondigits
from training.data import Mnist, Part
from training.scenes.doodles import DOODLES, HELD_OUT_DOODLES
from training.scenes.invented import invented, scribble
from training.scenes.letters import CURSIVE, PRINT, SCRIPTS, way
from training.scenes.spoilt import HALVES, MIRRORED, QUARTER_TURNED, UPSIDE_DOWN, Spoilt
from training.scenes.writing import FONTS, printed, written


@pytest.fixture(scope="module")
def digits(drawn_mnist: Mnist) -> Part:
    return drawn_mnist.train_images, drawn_mnist.train_labels


def test_every_letter_of_both_cases_is_printed_and_is_cursive() -> None:
    assert set(PRINT) == set(CURSIVE) == set(nondigits.LETTERS)
    assert len(nondigits.LETTERS) == 52
    for letter, ways in PRINT.items():
        assert len(set(ways)) == len(ways) >= 2, letter
        assert CURSIVE[letter] not in ways


def test_a_glyph_is_strokes_of_points_and_a_corner_is_a_point_twice() -> None:
    assert way("09 40' 89, 26 66") == [
        [(0, 1), (4 / 9, 0), (4 / 9, 0), (8 / 9, 1)],
        [(2 / 9, 6 / 9), (6 / 9, 6 / 9)],
    ]


def test_strangers_of_every_kind_are_drawn_by_their_shares_and_anew_for_each_seed(digits: Part) -> None:
    first, again, other = (
        nondigits.strangers(100, digits, np.random.default_rng(seed)) for seed in (1, 1, 2)
    )

    assert sum(nondigits.SHARES.values()) == pytest.approx(1)
    assert {kind: len(images) for kind, images in first.items()} == {
        kind: round(100 * share) for kind, share in nondigits.SHARES.items()
    }
    assert set(nondigits.UNAUGMENTED) <= set(first)
    for kind, images in first.items():
        assert (images.shape[1:], images.dtype) == ((28, 28), np.uint8)
        np.testing.assert_array_equal(images, again[kind])
        assert (images != other[kind]).any()


def test_a_plain_frame_is_a_stranger(digits: Part) -> None:
    plain = nondigits.strangers(400, digits, np.random.default_rng(0))["plain"]

    assert (plain.min(axis=(1, 2)) == plain.max(axis=(1, 2))).all()
    assert len(np.unique(plain[:, 0, 0])) > 1


def test_what_measures_is_made_of_signs_and_fonts_that_do_not_teach(digits: Part) -> None:
    assert not set(nondigits.SYMBOLS) & set(nondigits.HELD_OUT_SYMBOLS)
    assert not set(FONTS) & set(nondigits.HELD_OUT_FONTS)
    assert nondigits.HELD_OUT_SCRIPT in SCRIPTS
    assert not set(DOODLES) & set(HELD_OUT_DOODLES)
    assert set(nondigits.held_out(2, digits, 0)) == set(nondigits.SHARES) - {"letters"}
    letters = nondigits.held_out_letters(3, seed=0)
    assert list(letters) == list(nondigits.LETTERS)
    assert {images.shape for images in letters.values()} == {(3, 28, 28)}
    assert all(images.any(axis=(1, 2)).all() for images in letters.values())


@pytest.mark.parametrize("make", [invented, scribble])
def test_a_sign_of_no_script_fits_the_unit_square_and_is_written(make: object) -> None:
    random = np.random.default_rng(5)
    for _ in range(50):
        sign = make(random)
        points = np.concatenate([np.array(stroke) for stroke in sign])

        assert 1 <= len(sign) <= 5
        assert points.min() >= -1e-9
        assert points.max() <= 1 + 1e-9
        assert written([sign], random).any()


@pytest.mark.parametrize("name", [*DOODLES, *HELD_OUT_DOODLES])
def test_a_doodle_fits_the_unit_square_and_is_written(name: str) -> None:
    for doodle in (DOODLES | HELD_OUT_DOODLES)[name]:
        points = np.concatenate([np.array(stroke) for stroke in doodle])

        assert points.min() >= 0
        assert points.max() <= 1
        assert written([doodle], np.random.default_rng(3)).any()


def test_a_sign_is_printed_in_mnists_box() -> None:
    image = printed("A", FONTS[0], np.random.default_rng(1))

    assert max(cv2.boundingRect(image)[2:]) == 20


def test_a_digit_that_stays_one_is_not_spoilt_by_turning() -> None:
    # 0, 1 and 8 look the same upside down, 6 and 9 as each other, 2 and 5 nearly as themselves.
    assert not set(UPSIDE_DOWN) & set("0125689")
    assert not set(MIRRORED) & set("01258")
    assert not set(QUARTER_TURNED) & set("08")
    assert "8" not in HALVES[2] + HALVES[3]


def test_spoilt_digits_are_framed_whatever_digits_there_are() -> None:
    image = np.zeros((28, 28), np.uint8)
    cv2.ellipse(image, (14, 14), (6, 9), 0, 0, 300, 255, 2)
    spoil, random = Spoilt(image[None], np.array([3], np.uint8)), np.random.default_rng(2)

    found = np.stack([spoil(random) for _ in range(60)])

    assert found.shape == (60, 28, 28)
    assert {max(cv2.boundingRect(each)[2:]) for each in found} <= {19, 20}
    assert len(np.unique(found, axis=0)) > 20
    assert not (found == image).all(axis=(1, 2)).any()
