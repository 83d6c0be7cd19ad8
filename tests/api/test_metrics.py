"""``GET /metrics`` from outside: what a client does can be seen there, and nothing that it makes up."""

import asyncio
import itertools
import json
import random
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from httpx2 import Client
from prometheus_client import parser
from starlette.types import Message

from service.app import create_app
from service.application import Application
from service.settings import PACKAGED_RECOGNISER, Settings

Served = Callable[[Application], AbstractContextManager[Client]]
Scrape = dict[tuple[str, frozenset[tuple[str, str]]], float]
MODEL = {"name": "lenet5", "version": PACKAGED_RECOGNISER.name}


def scrape(client: Client) -> Scrape:
    response = client.get("/metrics")

    assert response.status_code == 200
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in parser.text_string_to_metric_families(response.text)
        for sample in family.samples
    }


def value(found: Scrape, metric: str, /, **labels: str) -> float:
    return found.get((metric, frozenset(labels.items())), 0.0)


def grown(before: Scrape, after: Scrape, metric: str, /, **labels: str) -> float:
    return value(after, metric, **labels) - value(before, metric, **labels)


def test_a_prediction_is_counted_and_timed_by_route_stage_and_run(
    client: Client, predict: Callable[..., Any]
) -> None:
    before = scrape(client)
    predict({"pixels": [[[0] * 28] * 28] * 3})
    after = scrape(client)
    labels = {"route": "/predict", "method": "POST", "status": "200"}

    assert grown(before, after, "lenet_request_seconds_count", **labels) == 1
    assert 0 < grown(before, after, "lenet_request_seconds_sum", **labels) < 10
    assert grown(before, after, "lenet_images_total") == 3
    assert grown(before, after, "lenet_batch_images_count") == 1
    assert grown(before, after, "lenet_batch_images_sum") == 3
    assert grown(before, after, "lenet_run_seconds_count") == 1
    for stage in ("decode", "queue", "inference"):
        assert grown(before, after, "lenet_stage_seconds_count", stage=stage) == 1


async def ask(app: Application, method: str, path: str) -> None:
    """Ask straight away: a client of HTTP would take most of the time."""
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"key=" + path.encode(),
        "headers": [(b"x-api-key", path.encode())],
    }

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(_: Message) -> None:
        pass

    await app(scope, receive, send)


def test_a_stranger_cannot_make_series(app: Application, client: Client) -> None:
    made_up = random.Random(0)  # noqa: S311  no secret

    def word() -> str:
        return "".join(made_up.choices("abcdefghijklmnopqrstuvwxyz", k=12))

    async def ask_all(number: int) -> None:
        for _ in range(number):
            for path in (f"/{word()}", "/predict", f"/models/{word()}"):
                await ask(app, word().upper(), path)
            await ask(app, "GET", f"/models/{word()}/layers/{word()}/kernels")

    scrape(client)
    asyncio.run(ask_all(1))
    before = set(scrape(client))
    asyncio.run(ask_all(2_500))
    after = scrape(client)

    assert set(after) == before
    assert (
        value(after, "lenet_request_seconds_count", route="unmatched", method="other", status="404") > 2_500
    )


def refused(reason: str, settings: Settings, number: int, served: Served) -> float:
    body = json.dumps({"pixels": [[[0] * 28] * 28] * number})
    with served(create_app(settings)) as client:
        response = client.post("/predict", content=body, headers={"Content-Type": "application/json"})
        found = scrape(client)

    assert response.status_code in {503, 504}
    return value(found, "lenet_rejections_total", reason=reason)


@pytest.mark.parametrize(
    ("reason", "limit"),
    [
        ("admission_full", {"max_in_flight_bytes": 100}),
        ("queue_full", {"max_queue_images": 1}),
        ("deadline", {"queue_deadline_s": 1e-9}),
    ],
)
def test_refusals_are_counted_by_reason(
    reason: str, limit: dict[str, Any], settings: Settings, served: Served
) -> None:
    assert refused(reason, settings.model_copy(update=limit), 2, served) == 1


def test_models_and_readiness_are_told(client: Client) -> None:
    found = scrape(client)

    assert value(found, "lenet_ready") == 1
    assert value(found, "lenet_workers") == 1
    assert value(found, "lenet_model_info", **MODEL, provider="CPUExecutionProvider", device="cpu") == 1
    assert ("lenet_engine_failures", frozenset(MODEL.items())) in found


def test_openmetrics_is_told_to_who_asks_for_it(client: Client) -> None:
    accept = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
    response = client.get("/metrics", headers={"Accept": accept})

    assert response.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    assert response.text.endswith("# EOF\n")


@pytest.mark.parametrize(
    "accept", ["text/plain;version=abc", "application/openmetrics-text;version=x", "*/*;q=0.1;escaping=x"]
)
def test_a_strange_accept_is_no_trouble(accept: str, client: Client) -> None:
    assert client.get("/metrics", headers={"Accept": accept}).status_code == 200


def test_a_form_that_is_not_offered_is_a_problem(
    client: Client, assert_problem: Callable[..., dict[str, Any]]
) -> None:
    response = client.get("/metrics", headers={"Accept": "image/png"})

    assert_problem(response, 406)


def test_counters_only_grow(client: Client, predict: Callable[..., Any]) -> None:
    scrapes = []
    for _ in range(3):
        scrapes.append(scrape(client))
        predict({"pixels": [[0] * 28] * 28})
    for before, after in itertools.pairwise(scrapes):
        for key in before:
            if key[0].endswith(("_total", "_count", "_sum", "_bucket")):
                assert after[key] >= before[key]
