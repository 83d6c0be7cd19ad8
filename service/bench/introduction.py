"""Before the load: is the service ready, does it answer as it should, what is it."""

import asyncio
import json
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from service.bench.apis import Api, Reading
from service.bench.connection import Connection
from service.bench.errors import BenchError
from service.bench.pictures import Picture
from service.bench.target import Target, reason_of

ANSWER_DEADLINE_S = 30
"""Time for an answer before the load: a service that was just started may load what it needs."""

USUAL = "lenet5"
"""The model that is asked of a service that does not say which is its default."""

MOST_SHOWN = 200
"""Most letters that are repeated of what a service says."""


@dataclass(frozen=True)
class Introduction:
    """
    What a service says of itself.

    Attributes:
        url: Where the load will go, with path and query.
        path: The same without the service's address.
        reading: What it read in the first picture.
        provider: Where its networks run, as it says, or None.
    """

    url: str
    path: str
    reading: Reading
    provider: str | None


@dataclass(frozen=True)
class Answer:
    """An answer as a whole; names of headers in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


async def introduce(target: Target, api: Api, model: str | None, picture: Picture) -> Introduction:
    """
    Send one request as the load will, and ask what answers.

    Raises:
        BenchError: The service is not ready, or its answer is no prediction.
    """
    ready = await ask(target, target.message("GET", "/health/ready", {}))
    report = _json(ready)
    if ready.status == HTTPStatus.SERVICE_UNAVAILABLE:
        message = f"{target.url} is not ready: {_shown(report.get('reason', 'it does not say why'))}"
        raise BenchError(message)
    if model is None and api.names_model:
        model = _json(await ask(target, target.message("GET", "/models", {}))).get("default") or USUAL
    path = api.path(model)
    url = target.url + path
    answer = await ask(target, target.message("POST", path, *api.request(picture)))
    if answer.status != HTTPStatus.OK:
        detail = _json(answer).get("detail") or _json(answer).get("error") or "without a reason"
        message = f"{url} answered {answer.status}: {_shown(detail)}"
        raise BenchError(message)
    try:
        found = api.reading(answer.headers, answer.body)
    except (ValueError, LookupError, TypeError):
        message = f"{url} answered with no prediction"
        raise BenchError(message) from None
    reading = replace(found, model=_shown(found.model), version=_shown(found.version))
    description = _json(
        await ask(target, target.message("GET", f"/models/{quote(found.model, safe='')}", {}))
    )
    provider = description.get("provider") or report.get("provider")
    return Introduction(url, path, reading, _shown(provider) if provider else None)


async def ask(target: Target, request: bytes) -> Answer:
    """
    Send one request on a connection of its own.

    Raises:
        BenchError: No answer came.
    """
    exchange = _Exchange()
    try:
        async with asyncio.timeout(ANSWER_DEADLINE_S):
            _, connection = await target.connect(lambda: _Collector(exchange))
            connection.send(request, 0.0)
            answer = await exchange.answer
    except TimeoutError:
        message = f"{target.url} did not answer within {ANSWER_DEADLINE_S} s"
        raise BenchError(message) from None
    except OSError as error:
        message = f"cannot reach {target.url}: {reason_of(error)}"
        raise BenchError(message) from None
    connection.abort()
    return answer


class _Collector(Connection):
    """A connection that keeps what comes."""

    def __init__(self, exchange: "_Exchange") -> None:
        self.headers: dict[str, str] = {}
        self.body = bytearray()
        super().__init__(exchange)

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers[name.decode("latin-1").lower()] = value.decode("latin-1")
        super().on_header(name, value)

    def on_body(self, data: bytes) -> None:
        self.body += data


class _Exchange:
    """The owner of one connection with one request."""

    def __init__(self) -> None:
        self.answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()

    def answered(self, connection: Connection) -> None:
        if isinstance(connection, _Collector) and not self.answer.done():
            self.answer.set_result(Answer(connection.status, connection.headers, bytes(connection.body)))

    def lost(self, connection: Connection, reason: str | None) -> None:
        del connection
        if reason and not self.answer.done():
            self.answer.set_exception(ConnectionError(reason))


def _json(answer: Answer) -> dict[str, Any]:
    try:
        found = json.loads(answer.body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _shown(text: object) -> str:
    """Make of what a service says something that no terminal takes for a command."""
    return "".join(letter if letter.isprintable() else "?" for letter in str(text)[:MOST_SHOWN])
