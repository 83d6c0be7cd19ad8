"""The model in the package is as good as its card says, by the service's own preparation and inference."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from service.digits import recognition
from service.digits.network import Network
from service.digits.preparation import all_seen, by_levels, seen
from service.repository.repository import Repository

MOST_ERRORS = 55
"""Of MNIST's 10,000 test images; the lecture's network makes 119."""


@pytest.fixture(scope="module")
def network(packaged: Repository) -> Network:
    return packaged.recogniser("lenet5")


@pytest.fixture(scope="module")
def test_set(mnist_path: Path) -> tuple[np.ndarray, np.ndarray]:
    with np.load(mnist_path) as arrays:
        return arrays["x_test"], arrays["y_test"]


def test_its_card_states_the_lectures_network(network: Network) -> None:
    layers = {layer.name: (layer.output_shape, layer.parameters) for layer in network.card.layers}

    assert layers == {
        "conv2d_1": ((28, 28, 6), 156),
        "average_pooling2d_1": ((14, 14, 6), 0),
        "conv2d_2": ((10, 10, 16), 2416),
        "average_pooling2d_2": ((5, 5, 16), 0),
        "conv2d_3": ((5, 5, 120), 2040),
        "flatten_1": ((3000,), 0),
        "dense_1": ((84,), 252_084),
        "dense_2": ((10,), 850),
    }
    assert network.card.parameters == 257_546


def test_its_card_promises_few_errors(network: Network) -> None:
    assert network.card.recipe == "prepared"
    assert network.card.evaluation.test.errors <= MOST_ERRORS


def test_preparation_leaves_every_image_of_mnist_as_it_is(test_set: tuple[np.ndarray, np.ndarray]) -> None:
    images, _ = test_set
    prepared = np.stack([one.image for one in map(by_levels, all_seen(images))])

    assert np.array_equal(images, prepared)


def test_it_makes_the_errors_on_its_card(
    network: Network, packaged: Repository, test_set: tuple[np.ndarray, np.ndarray]
) -> None:
    images, labels = test_set
    found = recognition.recognise(network, [*map(by_levels, all_seen(images))], packaged.ink)
    answered = np.array([-1 if one.digit is None else one.digit for one in found])
    probabilities = np.stack([one.probabilities for one in found]).astype(np.float64)
    nll = -np.log(probabilities[np.arange(len(labels)), labels]).mean()

    # One image at a tie may fall the other way on another processor.
    assert abs(int((answered != labels).sum()) - network.card.evaluation.test.errors) <= 1
    assert nll == pytest.approx(network.card.evaluation.test.nll, abs=1e-4)


def test_true_digits_are_almost_always_familiar(
    network: Network, test_set: tuple[np.ndarray, np.ndarray]
) -> None:
    familiar = network.score(test_set[0]).familiar

    assert familiar.mean() >= 0.97


def printed(digit: int, size: int) -> np.ndarray:
    """Print in a font that OpenCV brings, whose 1 is a stem and a flag."""
    page = np.full((90, 90), 230, np.uint8)
    cv2.putText(page, str(digit), (28, 68), 30, cv2.FontFace("uni"), size, 400)
    return page


@pytest.mark.parametrize("digit", range(10))
def test_a_small_digit_beside_a_scanners_lid_or_a_table_is_read(
    network: Network, packaged: Repository, digit: int
) -> None:
    page = np.pad(printed(digit, 48), ((200, 310), (130, 200)), mode="edge")
    pages = [page.copy() for _ in range(4)]
    pages[0][:40] = pages[1][:, :12] = pages[2][-60:] = pages[3][:30] = 40
    pages[3][:, -30:] = 40

    found = recognition.recognise(network, [by_levels(seen(page)) for page in pages], packaged.ink)

    assert [(one.digit, one.reason) for one in found] == [(digit, None)] * len(pages)


@pytest.mark.parametrize("digit", range(10))
def test_an_underlined_digit_is_read(network: Network, packaged: Repository, digit: int) -> None:
    pages = [np.pad(printed(digit, size), 60, mode="edge") for size in (48, 60, 72)]
    for page in pages:
        page[136:139, 75:135] = 40
    pages += [cv2.resize(page, None, fx=3, fy=3) for page in pages]

    found = recognition.recognise(network, [by_levels(seen(page)) for page in pages], packaged.ink)

    assert [(one.digit, one.reason) for one in found] == [(digit, None)] * len(pages)


@pytest.mark.parametrize("digit", range(10))
def test_a_circled_digit_in_a_photo_is_read(network: Network, packaged: Repository, digit: int) -> None:
    pages = []
    for radius in (66, 72, 78, 84):
        page = np.pad(cv2.resize(printed(digit, 60), (135, 135)), 120, mode="edge")
        cv2.circle(page, (188, 188), radius, 60, 4, cv2.LINE_AA)
        grain = np.random.default_rng(radius).normal(0, 4, page.shape)
        pages.append(np.clip(page * np.linspace(1, 0.75, page.shape[1]) + grain, 0, 255).astype(np.uint8))

    found = recognition.recognise(network, [by_levels(seen(page)) for page in pages], packaged.ink)

    assert [(one.digit, one.reason) for one in found] == [(digit, None)] * len(pages)


@pytest.mark.parametrize("digit", range(10))
def test_print_of_newspapers_and_screens_is_read(network: Network, packaged: Repository, digit: int) -> None:
    pages = [printed(digit, size) for size in (24, 36, 48, 64)]
    random = np.random.default_rng(digit)
    pages += [(page * 0.7 + random.normal(30, 3, page.shape)).astype(np.uint8) for page in pages]

    found = recognition.recognise(network, [by_levels(seen(page)) for page in pages], packaged.ink)

    assert [(one.digit, one.reason) for one in found] == [(digit, None)] * len(pages)
