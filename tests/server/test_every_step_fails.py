"""Whatever fails on a request's way: one answer or a noted disconnect, one closed account, nothing kept."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from service.engine.batcher import Batcher, QueueLimits
from service.http.admission import Admission
from service.http.client_addresses import ClientAddresses
from service.http.context import RequestContext
from service.http.dispatcher import Dispatcher
from service.http.endpoints import Call, Pending, Route, Routes
from service.http.exchange import CLIENT_GONE
from service.server.messages import Head, Response
from service.settings import Settings

BODY = b"xyzzy"
FIELDS = {b"host": b"a", b"x-forwarded-for": b"192.0.2.1", b"content-length": b"%d" % len(BODY)}
HEAD = Head("POST", "/work", b"/work", b"", list(FIELDS.items()), FIELDS, len(BODY))

STEPS = (
    *("client", "route", "take", "enter", "handler", "enqueue", "run", "write answer", "await"),
    *("write error", "complete", "write once", "write always", "observe"),
)
"""Everything that a request meets, in its order."""

KINDS = ("plain", "pending", "awaitable")
"""How a handler may answer."""

MOMENTS = ("never", "before the body", "in the body", "while it is answered")
"""When the client leaves."""


class Broken(Exception):  # noqa: N818  it is raised by a step that breaks
    """No error that anybody expects."""


class Steps:
    """Fails where it is told to, and remembers where it did."""

    def __init__(self, failing: set[str]) -> None:
        self._failing = failing

    def pass_by(self, step: str) -> None:
        if step in self._failing:
            raise Broken


class Writer:
    """Takes answers, and counts them."""

    address = client = "198.51.100.7"

    def __init__(self, steps: Steps) -> None:
        self.answers: list[Response] = []
        self.aborts = 0
        self.has_left = False
        self.tasks: list[asyncio.Task[None]] = []
        self._steps = steps
        self._has_failed = False

    def write(self, response: Response) -> None:
        self._steps.pass_by("write always")
        if not self._has_failed:
            self._has_failed = True
            self._steps.pass_by("write once")
        self.answers.append(response)

    def abort(self) -> None:
        self.aborts += 1

    def is_disconnected(self) -> bool:
        return self.has_left

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        self.tasks.append(asyncio.get_running_loop().create_task(work))


class House:
    """A dispatcher of which every part may fail."""

    def __init__(self, failing: set[str], kind: str) -> None:
        self.steps = steps = Steps(failing)
        self.closed: list[int] = []
        settings = Settings()
        self.admission = admission = _failing(Admission, steps, take="take", enter="enter")(settings)
        limits = QueueLimits(batch=8, requests=8, rows=8, wait_s=60, deadline_s=60)
        self._batcher = Batcher(self._run, limits, observe=lambda *_: None)
        routes = _failing(Routes, steps, at="route")()
        routes.add("POST", Route("/work", getattr(self, f"_{kind}"), takes_body=True, needs_body=True))
        self.dispatcher = _failing(Dispatcher, steps, complete="complete", answer_to="write error")(
            routes,
            limits=settings,
            admission=admission,
            observe=self._observe,
            clients=_failing(ClientAddresses, steps, behind="client")("198.51.100.0/24"),
        )

    def _observe(self, _: RequestContext, __: str, ___: str, status: int, ____: float) -> None:
        self.closed.append(status)
        self.steps.pass_by("observe")

    def _plain(self, call: Call) -> Response:
        self.steps.pass_by("handler")
        return Response(200, (), call.body)

    def _pending(self, call: Call) -> Pending:
        self.steps.pass_by("handler")
        self.steps.pass_by("enqueue")
        return Pending(self._batcher, np.zeros((1, 1)), lambda _: self._written(call))

    async def _awaitable(self, call: Call) -> Response:
        await asyncio.sleep(0)
        self.steps.pass_by("await")
        return Response(200, (), call.body)

    def _run(self, rows: Any) -> Any:  # noqa: ANN401
        self.steps.pass_by("run")
        return (rows,)

    def _written(self, call: Call) -> Response:
        self.steps.pass_by("write answer")
        return Response(200, (), call.body)

    async def serve(self, moment: str) -> Writer:
        """Send a request in two pieces to it, and wait until it is over."""
        writer = Writer(self.steps)
        exchange = self.dispatcher.open(HEAD, writer)
        if moment == "before the body":
            writer.has_left = True
        if exchange.awaits_body and not writer.has_left:
            exchange.receive(BODY[:2])
        if moment == "in the body":
            writer.has_left = True
        if exchange.awaits_body and writer.has_left:
            exchange.abandon()
        if exchange.awaits_body:
            exchange.receive(BODY[2:])
        if exchange.awaits_body:
            exchange.complete()
        if moment == "while it is answered":
            writer.has_left = True
        until = time.monotonic() + 10
        while not self.closed and time.monotonic() < until:
            await asyncio.sleep(0)
        return writer


def _failing(kind: type, steps: Steps, **methods: str) -> Any:  # noqa: ANN401
    """Make a class of which these methods fail when their step does."""

    def wrapped(method: Callable[..., Any], step: str) -> Callable[..., Any]:
        def call(self: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
            steps.pass_by(step)
            return method(self, *args, **kwargs)

        return call

    return type(
        kind.__name__, (kind,), {name: wrapped(getattr(kind, name), step) for name, step in methods.items()}
    )


@pytest.fixture(autouse=True)
def _silent(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("CRITICAL")


def every_step(test: Callable[..., None]) -> Callable[..., None]:
    """Let each step fail alone, with every kind of handler and client."""
    for step in STEPS:
        for kind in KINDS:
            test = example(failing={step}, kind=kind, moment="never")(test)
    return test


@every_step
@given(failing=st.sets(st.sampled_from(STEPS)), kind=st.sampled_from(KINDS), moment=st.sampled_from(MOMENTS))
def test_a_request_ends_once_and_leaves_nothing(failing: set[str], kind: str, moment: str) -> None:
    house = House(failing, kind)
    writer = asyncio.run(house.serve(moment))

    assert len(writer.answers) + writer.aborts <= 1
    assert len(house.closed) == 1
    assert (house.admission.requests, house.admission.bytes) == (0, 0)
    if writer.answers:
        assert house.closed == [writer.answers[0].status]
    elif writer.aborts:
        assert house.closed == [500]
    else:
        assert (moment, house.closed) != ("never", [CLIENT_GONE])
        assert house.closed == [CLIENT_GONE]


@pytest.mark.parametrize("kind", KINDS)
def test_when_nothing_fails_the_answer_is_the_handlers(kind: str) -> None:
    house = House(set(), kind)
    writer = asyncio.run(house.serve("never"))

    assert [(answer.status, answer.body) for answer in writer.answers] == [(200, BODY)]
    assert house.closed == [200]


@pytest.mark.parametrize("step", ["route", "take", "enter", "handler", "complete", "write once"])
def test_what_nobody_expects_is_500_and_not_told(step: str) -> None:
    house = House({step}, "plain")
    writer = asyncio.run(house.serve("never"))
    statuses = [answer.status for answer in writer.answers]

    # Without the headers that belong to every answer none can be sent.
    assert statuses == ([] if step == "complete" else [500])
    assert all(b"Broken" not in bytes(answer.body) for answer in writer.answers)
