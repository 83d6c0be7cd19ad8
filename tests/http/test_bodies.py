"""A body is read within its time; headers and limits of bodies are tried over the whole service."""

import asyncio
from typing import Any

import pytest
from starlette.requests import Request

from service.errors import SlowBodyError
from service.http import bodies


def test_a_body_that_does_not_arrive_in_time_is_not_waited_for() -> None:
    async def receive() -> dict[str, Any]:
        await asyncio.Event().wait()
        return {}

    request = Request({"type": "http", "method": "POST", "headers": []}, receive)

    with pytest.raises(SlowBodyError, match=r"within 0\.01 seconds"):
        asyncio.run(bodies.read(request, limit=10, deadline_s=0.01))
