"""What is known of a request: its id, and how long its stages took."""

import uuid

import pytest

from service.http.context import RequestContext, Stopwatch


@pytest.mark.parametrize(
    ("given_id", "instance"),
    [
        ("my-request", "urn:request-id:my-request"),
        ("0" * 32, f"urn:request-id:{'0' * 32}"),
        ("6f1c2d7e-6a1f-4a6f-8f3c-0d8d7c1e2b3a", "urn:uuid:6f1c2d7e-6a1f-4a6f-8f3c-0d8d7c1e2b3a"),
    ],
)
def test_an_instance_is_a_uuid_only_in_its_canonical_form(given_id: str, instance: str) -> None:
    context = RequestContext.of({b"x-request-id": given_id.encode()})

    assert context.instance == instance


def test_each_request_has_an_id_of_its_own() -> None:
    ids = [RequestContext.of({}).request_id for _ in range(1_000)]

    assert len(set(ids)) == 1_000
    assert all(str(uuid.UUID(one)) == one for one in ids)


def test_a_stopwatch_times_stages_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    # Each lap asks twice: when it ended, and when that was noted.
    clock = iter([10.0, 10.0, 10.0, 10.5, 10.5, 12.0, 12.0])
    monkeypatch.setattr("time.perf_counter", lambda: next(clock))
    context = RequestContext("id", {}, started=0)
    watch = Stopwatch(context)
    watch.lap("zero")
    watch.lap("first")
    watch.lap("second")

    assert context.timing() == b"zero;dur=0.000, first;dur=500.000, second;dur=1500.000"
    assert context.log_fields == {"zero_ms": 0.0, "first_ms": 500.0, "second_ms": 1500.0}
