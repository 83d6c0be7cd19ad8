"""What was asked of each version adds up, however requests were run together."""

import pytest

from service.metrics import families
from service.metrics.families import Family
from service.metrics.models import ModelAccounts

KEY = ("lenet5", "3")


def account(*requests: tuple[int, float, dict[str, float]]) -> dict[Family, dict[tuple[str, ...], float]]:
    accounts = ModelAccounts()
    for status, seconds, facts in requests:
        accounts.request(status, seconds, {"model": KEY[0], "version": KEY[1], **facts})
    return {
        family: {labels: value for labels, (value,) in series.items()}
        for family, series in accounts.series().items()
    }


def test_a_request_counts_with_its_images_seconds_and_run() -> None:
    facts = {"images": 3, "batch": 3, "decode_ms": 1.0, "queue_ms": 2.0, "inference_ms": 4.0, "write_ms": 8.0}
    found = account((200, 0.5, facts))

    assert found[families.MODEL_REQUESTS_TOTAL] == {(*KEY, "success"): 1, (*KEY, "fail"): 0}
    assert found[families.MODEL_IMAGES_TOTAL] == {KEY: 3}
    assert found[families.MODEL_SECONDS_TOTAL] == {
        (*KEY, "success"): 0.5,
        (*KEY, "fail"): 0,
        (*KEY, "decode"): pytest.approx(0.001),
        (*KEY, "queue"): pytest.approx(0.002),
        (*KEY, "inference"): pytest.approx(0.004),
        (*KEY, "write"): pytest.approx(0.008),
    }
    assert found[families.MODEL_RUNS_TOTAL] == {(*KEY, "3"): 1}
    assert found[families.MODEL_RUN_SECONDS_TOTAL] == {(*KEY, "3"): pytest.approx(0.004)}
    assert found[families.MODEL_LATEST][KEY] > 1.7e9


def test_a_run_that_requests_share_is_one_run_of_its_own_time() -> None:
    found = account(
        *((200, 0.1, {"images": images, "batch": 7, "inference_ms": 6.0}) for images in (1, 2, 4))
    )

    assert found[families.MODEL_RUNS_TOTAL] == {(*KEY, "7"): pytest.approx(1)}
    assert found[families.MODEL_RUN_SECONDS_TOTAL] == {(*KEY, "7"): pytest.approx(0.006)}
    # Each of them waited for all of it.
    assert found[families.MODEL_SECONDS_TOTAL][*KEY, "inference"] == pytest.approx(0.018)


@pytest.mark.parametrize("facts", [{"images": 150}, {"images": 150, "batch": 150}])
def test_more_images_than_a_run_has_are_several_runs(facts: dict[str, float]) -> None:
    found = account((200, 0.1, {**facts, "inference_ms": 15.0}))

    assert found[families.MODEL_RUNS_TOTAL] == {(*KEY, "64"): 2, (*KEY, "22"): 1}
    assert found[families.MODEL_RUN_SECONDS_TOTAL] == {
        (*KEY, "64"): pytest.approx(0.0128),
        (*KEY, "22"): pytest.approx(0.0022),
    }


@pytest.mark.parametrize("status", [400, 499, 503])
def test_a_request_that_failed_has_its_seconds_and_nothing_else(status: int) -> None:
    found = account((status, 0.5, {"images": 3, "batch": 3, "inference_ms": 4.0}))

    assert found[families.MODEL_REQUESTS_TOTAL] == {(*KEY, "success"): 0, (*KEY, "fail"): 1}
    assert found[families.MODEL_SECONDS_TOTAL][*KEY, "fail"] == 0.5
    assert found[families.MODEL_IMAGES_TOTAL] == {KEY: 0}
    assert found[families.MODEL_RUNS_TOTAL] == {}
    assert found[families.MODEL_LATEST] == {KEY: 0}
