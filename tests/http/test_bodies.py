"""A body is read whole; its limits are tried over the whole service, its time in ``test_protocol``."""

import asyncio
from typing import Any

import pytest
from starlette.requests import ClientDisconnect, Request

from service.http import bodies
from service.http.trace import Trace


def request(*events: dict[str, Any]) -> Request:
    coming = iter(events)

    async def receive() -> dict[str, Any]:
        return next(coming)

    scope = {"type": "http", "method": "POST", "headers": []}
    Trace.begin(scope)
    return Request(scope, receive)


def test_a_body_in_pieces_is_put_together() -> None:
    pieces = request(
        {"type": "http.request", "body": b"ab", "more_body": True},
        {"type": "http.request", "body": b"", "more_body": True},
        {"type": "http.request", "body": b"c"},
    )

    assert asyncio.run(bodies.read(pieces, limit=3)) == b"abc"


def test_a_client_that_leaves_before_the_end_is_not_waited_for() -> None:
    left = request({"type": "http.request", "body": b"ab", "more_body": True}, {"type": "http.disconnect"})

    with pytest.raises(ClientDisconnect):
        asyncio.run(bodies.read(left, limit=10))
