"""Small requests answered by plain calls: a task and its messages would take longer than their answers."""

import asyncio
from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

from service.engine.batcher import Answer, Batcher
from service.engine.batches import Rows
from service.errors import FullError, RequestError
from service.http.cycle import Cycle
from service.http.middleware import CLIENT_GONE, SAFE_HEADERS, Accounting, completed
from service.http.trace import Trace

WHOLE_BYTES = 8_192
"""Bodies of at most so many bytes are awaited before anybody is told; a request's headers, which wait in the
same way, may have twice as many. A picture of MNIST's size has 300, as a JSON list of its pixels 3,000."""

_LINES = (
    "".join(f"{name.lower()}: {value}\r\n" for name, value in SAFE_HEADERS.items()).encode()
    + b"content-type: application/json\r\n"
    + b"content-length: %d\r\nx-request-id: %b\r\nserver-timing: %b\r\n"
)


class Pending(NamedTuple):
    """
    An answer that is still to be computed.

    Attributes:
        batcher: The queue before what computes it.
        rows: What it computes it from.
        write: Makes JSON of what comes out.
    """

    batcher: Batcher
    rows: Rows
    write: Callable[[Answer], bytes]


Endpoint: TypeAlias = Callable[[Trace, bytes], Pending | None]
"""Takes a request and its whole body; gives None, or raises, when it is not one that it can answer."""


class _Written(NamedTuple):
    cycle: Cycle
    trace: Trace
    admitted: int | None
    lines: bytes
    body: bytes


class Express:
    """
    The short way through an application, beside ASGI's, for a server that knows it.

    Its steps are those of ``Accounting`` and its direct endpoints: both give the same answers, log lines and
    metrics.
    """

    def __init__(self, accounting: Accounting, endpoints: Mapping[str, Endpoint]) -> None:
        """Take who lets requests in and keeps their accounts, and the POST endpoints by path."""
        self._accounting = accounting
        self._written: list[_Written] = []
        self._endpoints = {path.encode(): (path, endpoint) for path, endpoint in endpoints.items()}

    def awaits(self, cycle: Cycle) -> bool:
        """Tell, when its headers have come, whether a request may go this way once its body has."""
        return (
            cycle.target in self._endpoints
            and cycle.method == "POST"
            and cycle.is_plain()
            and _is_simple(cycle)
        )

    def take(self, cycle: Cycle) -> bool:
        """Answer a request whose body has come, now or soon; False when it has to go the long way."""
        route, endpoint = self._endpoints[cycle.target]
        trace = Trace.open(cycle.headers, cycle.gone)
        trace.route = route
        try:
            admitted = self._accounting.let_in(route, trace)
        except RequestError as error:
            self._refuse(cycle, trace, None, error)
            return True
        try:
            pending = endpoint(trace, bytes(cycle.body))
        except Exception:  # noqa: BLE001  the long way meets it again, and answers
            pending = None
        if pending is None:
            self._accounting.let_go(admitted)
            return False

        def told(answer: Answer | Exception) -> None:
            try:
                if isinstance(answer, Exception):
                    raise answer  # noqa: TRY301  as the long way would
                body = pending.write(answer)
            except Exception as error:  # noqa: BLE001  whatever it is, it has an answer
                self._refuse(cycle, trace, admitted, error)
            else:
                lines = _LINES % (len(body), trace.request_id.encode(), trace.timing())
                self._send(_Written(cycle, trace, admitted, lines, body))

        try:
            pending.batcher.enqueue(pending.rows, told, gone=cycle.gone)
        except FullError as error:
            self._refuse(cycle, trace, admitted, error)
        return True

    def _send(self, written: "_Written") -> None:
        """
        Send an answer right after those of its batch.

        Its client wakes up for each of them that comes alone, which costs more than to send them.
        """
        if not self._written:
            asyncio.get_running_loop().call_soon(self._send_all)
        self._written.append(written)

    def _send_all(self) -> None:
        every, self._written = self._written, []
        for cycle, _, _, lines, body in every:
            cycle.answer_in(lines, body)
        for cycle, trace, admitted, _, _ in every:
            self._accounting.close(trace, cycle.method, 200, admitted)

    def _refuse(self, cycle: Cycle, trace: Trace, admitted: int | None, error: Exception) -> None:
        scope = cycle.described()
        trace.leave_in(scope)
        response = self._accounting.answer_to(error, scope)
        status = CLIENT_GONE
        if response is not None:
            status = response.status_code
            cycle.answer(status, completed(response.raw_headers, trace), bytes(response.body))
        self._accounting.close(trace, cycle.method, status, admitted)


def _is_simple(cycle: Cycle) -> bool:
    """
    Tell whether a body says that it is small, and the request comes from no other site's page.

    A chunked body does not say; and whether a page may read the answer is told on the long way.
    """
    little = False
    for name, value in cycle.headers:
        if name == b"content-length":
            little = value.isdigit() and int(value[:20]) <= WHOLE_BYTES
        elif name == b"origin":
            return False
    return little
