"""Robustness is counted over pictures that are the same each time, and over those alone that were framed."""

import numpy as np
import pytest

from training.data import Images, Mnist, Part
from training.evaluation import Probabilities
from training.golden import golden_images
from training.robustness import measure


@pytest.fixture(scope="module")
def validation(drawn_mnist: Mnist) -> Part:
    return drawn_mnist.test_images, drawn_mnist.test_labels


def test_a_reader_that_says_three_is_right_of_the_threes_alone(validation: Part) -> None:
    asked: list[Images] = []

    def three(images: Images) -> Probabilities:
        asked.append(images)
        return np.eye(10)[np.full(len(images), 3)]

    threes = int((validation[1] == 3).sum())
    # As many pictures as images: each image once.
    found = measure(three, validation, number=len(validation[0]))

    whole = [each for each in found.values() if each.images == each.drawn]
    assert len(whole) > len(found) / 2
    assert all(each.drawn == 100 for each in found.values())
    assert all(each.images - each.errors == threes for each in whole)
    assert all(each.accuracy == pytest.approx(threes / 100) for each in whole)
    assert [len(images) for images in asked] == [each.images for each in found.values() if each.images]
    assert all(images.shape[1:] == (28, 28) and images.dtype == np.uint8 for images in asked)


def test_the_same_images_give_the_same_pictures(validation: Part) -> None:
    def pictures() -> list[Images]:
        asked: list[Images] = []

        def listen(images: Images) -> Probabilities:
            asked.append(images)
            return np.full((len(images), 10), 0.1)

        measure(listen, validation, number=5)
        return asked

    for one, other in zip(pictures(), pictures(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_picture_in_mnists_frame_is_asked_about_as_it_is() -> None:
    known = golden_images()
    asked: list[Images] = []

    def listen(images: Images) -> Probabilities:
        asked.append(images)
        return np.full((len(images), 10), 0.1)

    names = list(measure(listen, (known, np.arange(10, dtype=np.uint8)), number=5))
    negatives = asked[names.index("MNIST's 28x28, dark on light")]

    assert all(any(np.array_equal(image, each) for each in known) for image in negatives)
