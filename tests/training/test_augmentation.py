"""Augmented images are new pictures of the same digits, decided by the seed alone."""

import numpy as np
import pytest

from training.augmentation import Augmentation
from training.golden import golden_images

STILL = Augmentation(
    rotation_deg=0,
    scale=(1, 1),
    aspect=0,
    shear=0,
    shift_px=0,
    elastic_px=0,
    pen_share=0,
    paper_share=0,
)


def augmented(strengths: Augmentation, seed: int = 0) -> np.ndarray:
    return strengths(golden_images(), np.random.default_rng(seed))


def test_shape_and_type_stay() -> None:
    found = augmented(Augmentation(pen_share=1, paper_share=1))

    assert (found.shape, found.dtype) == ((10, 28, 28), np.uint8)


def test_the_seed_decides_everything() -> None:
    np.testing.assert_array_equal(augmented(Augmentation(), seed=5), augmented(Augmentation(), seed=5))
    assert (augmented(Augmentation(), seed=5) != augmented(Augmentation(), seed=6)).any()


def test_the_images_given_are_left_alone() -> None:
    images = golden_images()
    Augmentation(pen_share=1, paper_share=1)(images, np.random.default_rng(0))

    np.testing.assert_array_equal(golden_images(), images)


def test_no_strength_is_no_change() -> None:
    np.testing.assert_array_equal(golden_images(), augmented(STILL))


@pytest.mark.parametrize(
    "strengths",
    [{"rotation_deg": 15.0}, {"shear": 0.25}, {"elastic_px": 0.9}, {"pen_share": 1.0}, {"paper_share": 1.0}],
)
def test_each_strength_changes_the_image_and_keeps_the_digit(strengths: dict[str, float]) -> None:
    found = augmented(Augmentation(**{**vars(STILL), **strengths}))
    likeness = [np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in zip(found, golden_images(), strict=True)]

    assert (found != golden_images()).any()
    assert np.median(likeness) > 0.5


def test_a_shift_moves_the_centre_of_mass_no_further_than_it_says() -> None:
    found = augmented(Augmentation(**{**vars(STILL), "shift_px": 2.5}))
    moved = [np.subtract(_centre(a), _centre(b)) for a, b in zip(found, golden_images(), strict=True)]

    assert 1 < np.abs(moved).max() <= 2.6


def test_a_scale_changes_the_spread_of_ink_by_itself() -> None:
    found = augmented(Augmentation(**{**vars(STILL), "scale": (0.8, 0.8)}))
    ratio = [_spread(a) / _spread(b) for a, b in zip(found, golden_images(), strict=True)]

    assert ratio == pytest.approx([0.8] * 10, abs=0.03)


def _centre(image: np.ndarray) -> tuple[float, float]:
    rows, columns = np.mgrid[:28, :28]
    return float((rows * image).sum() / image.sum()), float((columns * image).sum() / image.sum())


def _spread(image: np.ndarray) -> float:
    rows, columns = np.mgrid[:28, :28]
    row, column = _centre(image)
    return float(np.sqrt((((rows - row) ** 2 + (columns - column) ** 2) * image).sum() / image.sum()))
