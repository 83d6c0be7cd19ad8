"""Scenes to train from: strokes as thick as MNIST's, made hands, blanks, several digits, and views."""

import cv2
import numpy as np
import pytest

from framing.looks import NONE, ONE, SEVERAL
from framing.mnist import is_framed
from training.golden import golden_images
from training.scenes import blanks, marks
from training.scenes.annotations import ANNOTATIONS
from training.scenes.hands import WAYS, hands
from training.scenes.mixture import Mixture, kinds
from training.scenes.pens import draw
from training.scenes.photos import QUICK, Bare, Cell
from training.scenes.strokes import thickened
from training.scenes.views import VIEWS, grey_of, views
from training.scenes.writing import FONTS, printed, written

DIGITS, LABELS = golden_images(), np.arange(10, dtype=np.uint8)
ROUNDING = 1e-5
KINDS = kinds(DIGITS, DIGITS)


@pytest.fixture(scope="module")
def mixture() -> Mixture:
    return Mixture(DIGITS, LABELS, seed=3)


def pieces(layer: np.ndarray) -> int:
    return cv2.connectedComponents((layer > 0.5).astype(np.uint8))[0] - 1


def covered(layer: np.ndarray) -> float:
    return float((layer > 0.5).mean())


@pytest.mark.parametrize("longer_px", [20, 60, 200])
def test_thin_strokes_become_as_thick_as_mnists_and_others_stay(longer_px: int) -> None:
    thin, usual = (np.pad(draw(DIGITS[3], longer_px, pen), longer_px) for pen in (0.03, None))

    thick = thickened(thin)

    assert thick.dtype == np.float32
    assert (thick >= thin).all()
    assert covered(thick) > 1.3 * covered(thin)
    assert thickened(usual) is usual
    assert 0.5 < covered(thick) / covered(usual) < 1.5


def test_nothing_is_not_thickened() -> None:
    assert not thickened(np.zeros((30, 30), np.float32)).any()


@pytest.mark.parametrize("family", [marks.dots, marks.dashes, marks.halftone, marks.dot_matrix])
def test_the_stroke_has_no_gaps_where_the_ink_has(family: marks.Family) -> None:
    gaps = []
    for digit in (0, 1, 2, 3, 7):
        scene = family(DIGITS[digit], np.random.default_rng([8, digit]))
        assert scene.stroke.shape == scene.ink.shape
        assert covered(scene.stroke) > 0.9 * covered(scene.ink)
        gaps.append((pieces(scene.ink), pieces(scene.stroke)))
    assert sum(stroke for _, stroke in gaps) < sum(ink for ink, _ in gaps)
    assert np.median([stroke for _, stroke in gaps]) == 1


@pytest.mark.parametrize("digit", range(10))
def test_hands_are_framed_as_mnists_are(digit: int) -> None:
    random = np.random.default_rng(digit)
    for _ in range(2 * len(WAYS[digit])):
        assert is_framed(written(WAYS[digit], random))
    assert is_framed(printed(str(digit), FONTS[digit % len(FONTS)], random))


def test_hands_are_decided_by_their_seed() -> None:
    images, labels = hands(40, np.random.default_rng(2))
    again, _ = hands(40, np.random.default_rng(2))
    other, _ = hands(40, np.random.default_rng(3))

    assert images.shape == (40, 28, 28)
    assert (images.dtype, labels.dtype) == (np.uint8, np.uint8)
    np.testing.assert_array_equal(images, again)
    assert not np.array_equal(images, other)
    assert len(set(labels.tolist())) > 6


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_draws_what_it_says(name: str) -> None:
    _, family, count = KINDS[name]
    digit = blanks.NO_DIGIT if count == NONE else DIGITS[4]

    scene, again = (family(digit, np.random.default_rng([5, *name.encode()])) for _ in range(2))

    np.testing.assert_array_equal(scene.picture, again.picture)
    # OpenCV's rounding depends on where an array lies.
    np.testing.assert_allclose(scene.stroke, again.stroke, atol=ROUNDING)
    assert scene.picture.dtype == np.uint8
    assert scene.ink.shape == scene.stroke.shape == scene.picture.shape[:2]
    assert scene.stroke.max() <= 1 + ROUNDING
    assert bool(scene.stroke.max() > 0.4) == (count != NONE)
    if count == SEVERAL:
        assert pieces(scene.ink) > 1


@pytest.mark.parametrize("name", ANNOTATIONS)
def test_lines_about_a_digit_are_seen_and_are_no_ink_of_it(name: str) -> None:
    seen = []
    for at in range(20):
        scene = ANNOTATIONS[name](DIGITS[3], np.random.default_rng([9, at]))
        grey = grey_of(scene).astype(int)
        marked = np.abs(grey - np.median(grey)) > 40
        seen.append((marked & (scene.ink < 0.01)).sum() > 20)

        assert scene.ink.max() > 0.5

    # The edge may cut a line off, and a photo be pale.
    assert np.mean(seen) > 0.7


def test_a_photo_drawn_quickly_is_a_photo_of_the_same_kind() -> None:
    for family, quick in (
        (Bare((100, 200)), Bare((100, 200), scale=QUICK)),
        (Cell((0, 0.1), DIGITS), Cell((0, 0.1), DIGITS, scale=QUICK)),
    ):
        scenes = [
            [each(DIGITS[at % 10], np.random.default_rng([6, at])) for at in range(12)]
            for each in (family, quick)
        ]
        slow_share, quick_share = (np.mean([covered(scene.ink) for scene in drawn]) for drawn in scenes)
        assert 0.5 < quick_share / slow_share < 2


def test_a_scene_is_decided_by_seed_and_number(mixture: Mixture) -> None:
    (one, _), (again, _) = mixture.draw(7), Mixture(DIGITS, LABELS, seed=3).draw(7)
    (other, _), (elsewhere, _) = mixture.draw(8), Mixture(DIGITS, LABELS, seed=4).draw(7)

    assert (one.kind, one.digit, one.how_many) == (again.kind, again.digit, again.how_many)
    np.testing.assert_array_equal(one.scene.picture, again.scene.picture)
    for each in (other, elsewhere):
        assert not np.array_equal(one.scene.picture, each.scene.picture)


def test_scenes_have_none_one_or_several_digits(mixture: Mixture) -> None:
    samples = [mixture.draw(number)[0] for number in range(120)]

    counts = [sample.how_many for sample in samples]
    assert set(counts) == {NONE, ONE, SEVERAL}
    assert counts.count(ONE) > 80
    assert len({sample.kind for sample in samples}) > 20


def test_views_show_the_whole_and_the_digit_nearer() -> None:
    scene = marks.corner(DIGITS[2], np.random.default_rng(11))

    seen, again = (views(scene, np.random.default_rng(1)) for _ in range(2))

    assert seen.shape == (VIEWS, 2, 64, 64)
    assert seen.dtype == np.uint8
    np.testing.assert_array_equal(seen, again)
    np.testing.assert_array_equal(seen[0, 1], seen[1, 1])
    longer = [max(cv2.boundingRect((stroke > 100).astype(np.uint8))[2:]) for stroke in seen[:, 1]]
    assert min(longer[2:]) >= 18
    assert all(stroke.max() > 200 for stroke in seen[2:, 1])


def test_views_of_a_blank_have_no_stroke() -> None:
    seen = views(blanks.paper(blanks.NO_DIGIT, np.random.default_rng(0)), np.random.default_rng(1))

    assert not seen[:, 1].any()
    assert seen[:, 0].any()
