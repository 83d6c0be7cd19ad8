"""What is told can be read by Prometheus, and says what was counted."""

from typing import Any

import pytest
from prometheus_client import parser
from prometheus_client.openmetrics import parser as open_parser

from service.metrics import exposition, families
from service.metrics.ledger import Ledger
from service.metrics.media_types import OPENMETRICS, TEXT

READERS = {
    TEXT: parser.text_string_to_metric_families,
    OPENMETRICS: open_parser.text_string_to_metric_families,
}


def read(ledger: Ledger, media_type: str) -> dict[str, Any]:
    body, full = exposition.write(ledger.snapshot(), media_type)

    assert full.startswith(f"{media_type}; version=")
    return {family.name: family for family in READERS[media_type](body.decode())}


@pytest.mark.parametrize("media_type", READERS)
def test_every_family_is_told_with_its_kind_and_its_help(media_type: str) -> None:
    told = read(Ledger(), media_type)

    assert [(family.name, family.type, family.documentation) for family in told.values()] == [
        (family.name.removesuffix("_total"), family.kind, family.help) for family in families.ALL
    ]


@pytest.mark.parametrize("media_type", READERS)
def test_a_request_is_told_in_full(media_type: str) -> None:
    ledger = Ledger()
    facts = {"decode_ms": 2.0, "queue_ms": 0.0, "inference_ms": 0.3, "images": 3, "digit": 7}
    ledger.request("/predict", "POST", 200, 0.004, facts)
    told = read(ledger, media_type)
    labels = {"route": "/predict", "method": "POST", "status": "200"}
    buckets = {
        float(sample.labels["le"]): sample.value
        for sample in told["lenet_request_seconds"].samples
        if sample.name == "lenet_request_seconds_bucket"
    }
    counts = {
        sample.labels["stage"]: sample.value
        for sample in told["lenet_stage_seconds"].samples
        if sample.name == "lenet_stage_seconds_count"
    }

    assert list(buckets) == [*families.SECONDS, float("inf")]
    assert all(value == (bound >= 0.004) for bound, value in buckets.items())
    assert {
        sample.name: sample.value
        for sample in told["lenet_request_seconds"].samples
        if sample.labels == labels
    } == {"lenet_request_seconds_sum": 0.004, "lenet_request_seconds_count": 1.0}
    assert counts == {"decode": 1, "queue": 0, "inference": 1, "write": 0}
    assert [sample.value for sample in told["lenet_images"].samples] == [3]


def test_what_was_refused_is_told_by_reason_and_its_images_are_not_counted() -> None:
    ledger = Ledger()
    ledger.request("/predict", "POST", 503, 0.001, {"refused": "queue_full", "images": 3})
    told = read(ledger, TEXT)

    assert {sample.labels["reason"]: sample.value for sample in told["lenet_rejections"].samples} == {
        "admission_full": 0,
        "queue_full": 1,
        "pool_full": 0,
        "share": 0,
        "deadline": 0,
        "slow_body": 0,
        "client_gone": 0,
    }
    assert [sample.value for sample in told["lenet_images"].samples] == [0]
