"""From prepared pictures to what is known of each: batches, blanks and pictures taken as they are."""

import numpy as np
import pytest
from fastapi import FastAPI

from framing.mnist import SIZE_PX
from service.digits import recognition
from service.digits.network import BATCH, Batching, Network, Scores
from service.digits.preparation import Prepared, by_levels, seen
from service.errors import InvalidInputError, ModelError
from service.repository import opening
from service.repository.repository import Repository
from service.settings import Settings


@pytest.fixture(scope="module")
def network(settings: Settings, app: FastAPI, batching: Batching) -> Network:
    del app
    return opening.open_folder(
        settings.model_repository, most_versions=10, device="cpu", batching=batching
    ).find("lenet5")


def taken(pictures: list[np.ndarray]) -> list[Prepared]:
    return recognition.take_as_prepared(pictures, SIZE_PX)


@pytest.mark.parametrize("number", [1, 2, BATCH - 1, BATCH, BATCH + 1, 3 * BATCH + 7])
def test_a_picture_is_scored_alike_alone_and_in_any_batch(
    number: int, network: Network, digits: np.ndarray
) -> None:
    images = digits[np.arange(number) % 10]
    scores = network.score(images)
    alone = np.stack([network.score(one[None]).probabilities[0] for one in digits])

    assert scores.probabilities.shape == (number, 10)
    assert scores.familiar.shape == (number,)
    assert np.abs(scores.probabilities - alone[np.arange(number) % 10]).max() < 1e-5


def test_the_softmax_of_the_logits_is_the_probabilities(network: Network, digits: np.ndarray) -> None:
    scores = network.score(np.concatenate([digits] * 7))
    exponentials = np.exp(scores.logits.astype(np.float64))

    np.testing.assert_allclose(
        exponentials / exponentials.sum(axis=1, keepdims=True), scores.probabilities, atol=1e-6
    )


def test_a_network_that_answers_wrongly_is_found_out(network: Network, digits: np.ndarray) -> None:
    right = network.score(digits).probabilities
    network.verify(digits, right)

    for wrong in (right[::-1], right + np.float32(0.01), np.full_like(right, np.nan)):
        with pytest.raises(ModelError, match="golden images"):
            network.verify(digits, wrong)


def test_blank_and_written_pictures_do_not_change_places(
    network: Network, packaged: Repository, digits: np.ndarray
) -> None:
    pictures = [digits[3], np.zeros((50, 40), np.uint8), digits[8], np.full((28, 28), 255, np.uint8)]
    found = recognition.recognise(network, [by_levels(seen(one)) for one in pictures], packaged.ink)

    assert [one.digit for one in found] == [3, None, 8, None]
    assert [one.reason for one in found] == [None, "blank", None, "blank"]


def test_grey_in_a_colour_picture_is_the_same_grey(digits: np.ndarray) -> None:
    colour = np.repeat(digits[..., None], 3, axis=-1)
    for prepare in (lambda pictures: map(by_levels, map(seen, pictures)), taken):
        for from_colour, from_grey in zip(prepare(list(colour)), prepare(list(digits)), strict=True):
            assert np.array_equal(from_colour.image, from_grey.image)


def test_every_picture_that_is_not_28x28_is_named(digits: np.ndarray) -> None:
    with pytest.raises(InvalidInputError) as refused:
        taken([np.zeros((27, 28), np.uint8), digits[1], np.zeros((56, 56, 3), np.uint8)])

    assert [fault.pointer for fault in refused.value.faults] == ["#/0", "#/2"]


def test_no_way_is_told_of_what_was_not_looked_for_or_has_one_level(digits: np.ndarray) -> None:
    told = [one.preparation for one in (*taken([digits[1]]), by_levels(seen(np.full((30, 40), 9, np.uint8))))]

    assert [(one.ink, one.box) for one in told] == [(None, None)] * 2


@pytest.mark.parametrize(
    ("best", "familiar", "reason"),
    [(0.9, True, None), (0.41, True, None), (0.39, True, "unfamiliar"), (0.9, False, "unfamiliar")],
)
def test_what_is_like_no_digit_or_like_every_one_is_none(
    best: float, *, familiar: bool, reason: str | None, digits: np.ndarray
) -> None:
    probabilities = np.full((1, 10), (1 - best) / 9, np.float32)
    probabilities[0, 4] = best
    scores = Scores(probabilities, np.log(probabilities), np.array([familiar]), np.array([4]))
    (found,) = recognition.read(scores, [Prepared(digits[4])])

    assert (found.digit, found.reason) == (4, reason)
