"""
The one way through the application: context, key, admission, handler, answer, account.

Each request ends in exactly one answer, or in a client that has left, and in one closed account, whatever
fails on the way.
"""

import asyncio
import functools
import time
from collections.abc import Callable, Mapping
from typing import TypeAlias

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.cors import CORSMiddleware

from service import logs, media_types
from service.codecs.compression import Unpacker
from service.errors import (
    AbandonedError,
    MediaTypeError,
    MethodRefusedError,
    RequestError,
    UnknownPathError,
)
from service.http import problems, responses
from service.http.admission import Admission
from service.http.api_keys import Keys
from service.http.client_addresses import ClientAddresses
from service.http.context import RequestContext
from service.http.endpoints import Route, Routes
from service.http.exchange import CLIENT_GONE, Exchange, too_large
from service.server.messages import Head, Header, Response, ResponseWriter
from service.settings import Limits

Observe: TypeAlias = Callable[[RequestContext, str, str, int, float], None]
"""Learns of a request when it is over: its context, the template of its path, method, status and seconds."""

UNMATCHED = "unmatched"
"""The route of requests at whose path there is nothing."""

SAFE_HEADERS: tuple[Header, ...] = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
)
"""Headers of every answer, unless a handler says otherwise."""


class Dispatcher:
    """Takes every request to its handler, and the answer back."""

    def __init__(  # noqa: PLR0913  the parts that a request meets
        self,
        routes: Routes,
        *,
        limits: Limits,
        admission: Admission,
        observe: Observe,
        clients: ClientAddresses,
        root_path: str = "",
        keys: Keys | None = None,
        cors: CORSMiddleware | None = None,
    ) -> None:
        """
        Take what a request meets, in this order.

        Args:
            routes: Everything that can be asked for.
            limits: On bodies.
            admission: Lets requests in.
            observe: Learns of every request.
            clients: Tell whose request it is.
            root_path: The path below which a proxy offers the service.
            keys: Those that may ask; without them everybody may.
            cors: Knows the sites whose pages may read answers (Fetch standard, section 3.3).
        """
        self.admission = admission
        self.root_path = root_path
        self._keys = keys
        self._limits = limits
        self._routes = routes
        self._observe = observe
        self._clients = clients
        self._cors = cors
        self._finished: list[tuple[Exchange, Response | None]] = []
        self._log = logs.get("http")

    def open(self, head: Head, writer: ResponseWriter) -> Exchange:
        """Begin with a request of which the head has arrived; it may be answered at once."""
        exchange = Exchange(self, head, writer)
        exchange.begin()
        return exchange

    def refuse(self, error: Exception, target: bytes, writer: ResponseWriter) -> None:
        """Answer bytes that are no request that can be served; the target as far as it is known."""
        path = target.partition(b"?")[0]
        head = Head("other", path.decode("latin-1"), path, b"", (), {})
        Exchange(self, head, writer).fail(error, closes=True)

    def client(self, address: str) -> str:
        """Name the client at an address."""
        return self._clients.at(address)

    def connect(self, client: str) -> None:
        """
        Let a connection in.

        Raises:
            FullError: There is no room.
            ShareError: There is none for this client.
        """
        self.admission.connect(client)

    def disconnect(self, client: str) -> None:
        """Note that a connection which was let in has ended."""
        self.admission.disconnect(client)

    def hold(self, client: str, size: int) -> None:
        """Note bytes of answers that a client has not read yet; fewer of them by a negative number."""
        self.admission.hold(client, size)

    def identify(self, context: RequestContext, address: str, client: str) -> None:
        """
        Note whose request it is.

        Args:
            context: Of the request.
            address: That it comes from; it may be a trusted proxy's.
            client: The client's name at that address.
        """
        forwarded = context.fields.get(b"x-forwarded-for")
        context.client = client if forwarded is None else self._clients.behind(address, forwarded)

    def check_key(self, context: RequestContext) -> None:
        """
        See that a request has a key, where the operator wants keys; it is then whose request it is.

        Raises:
            KeyRefusedError: It has none that is known.
        """
        if self._keys is not None:
            context.client = self._keys.check(context.fields)

    def find(self, head: Head, context: RequestContext) -> tuple[Route, Mapping[str, str]]:
        """
        Find the route of a request, and see that its client may go there.

        Raises:
            KeyRefusedError: It needs a key and has none that is known.
            UnknownPathError: Nothing is at the path.
            MethodRefusedError: The path does not take the method.
        """
        methods, path_params = found = self._routes.at(head.path)
        # HEAD is GET without the body (RFC 9110, section 9.3.2), for every route at once.
        route = methods.get("GET" if head.method == "HEAD" else head.method)
        if (found.access if route is None else route.access) == "key":
            self.check_key(context)
        if route is None:
            if not methods:
                raise UnknownPathError
            context.route = next(iter(methods.values())).template
            raise MethodRefusedError(found.allowed)
        context.route = route.template
        context.is_probe = route.access == "probe"
        return route, path_params

    def most_bytes(self, head: Head) -> int:
        """
        Give how large the body of a request may be.

        Of one that is compressed, this is both what may arrive and what may come out of it.

        Raises:
            TooLargeError: It says that it is larger.
        """
        limits = self._limits
        most = limits.max_body_bytes
        if head.length is None or head.length > limits.max_json_bytes or b"content-encoding" in head.fields:
            content_type = head.fields.get(b"content-type", b"").decode("latin-1")
            if media_types.essence(content_type) == media_types.JSON:
                most = min(limits.max_json_bytes, most)
        if head.length is not None and head.length > most:
            raise too_large(most)
        return most

    def unpacker(self, head: Head, route: Route) -> Unpacker | None:
        """
        Give what unpacks the body of a request; None when it is not compressed.

        Raises:
            MediaTypeError: It is compressed in a way that is not taken, or for a route that takes none.
        """
        coding = head.fields.get(b"content-encoding", b"identity").decode("latin-1")
        if coding.lower() == "identity":
            return None
        if not route.unpacks:
            message = "send the body without Content-Encoding; pictures are compressed already"
            raise MediaTypeError(message)
        return Unpacker(coding)

    def preflight(self, head: Head) -> Response | None:
        """
        Answer what is asked by OPTIONS, if it is of the whole service, or a browser's question.

        A browser asks so whether a page of another site may send a request (Fetch standard, section 3.3.2).
        """
        if head.path == "*":
            return Response(204, ((b"allow", b"GET, HEAD, OPTIONS, POST"),))
        if self._cors is None or b"access-control-request-method" not in head.fields:
            return None
        if b"origin" not in head.fields:
            return None
        answer = self._cors.preflight_response(Headers(raw=list(head.headers)))
        return responses.of_asgi(answer.status_code, answer.raw_headers, bytes(answer.body))

    def complete(self, response: Response, exchange: Exchange) -> None:
        """Add to an answer what belongs to every answer, and to the answers to pages of other sites."""
        context = exchange.context
        more = [*response.more, (b"x-request-id", context.request_id.encode())]
        if timing := context.timing():
            more.append((b"server-timing", timing))
        is_preflight = exchange.head.method == "OPTIONS" and context.route is None
        if self._cors is not None and not is_preflight and (origin := exchange.head.fields.get(b"origin")):
            more += self._for_other_sites(origin.decode("latin-1"))
        response.headers = _with_safe_headers(response.headers)
        response.more = more

    def answer_to(self, error: Exception, exchange: Exchange) -> Response | None:
        """Give the answer for what went wrong; None when there is nobody to read it."""
        context = exchange.context
        if isinstance(error, AbandonedError):
            return None
        if isinstance(error, RequestError):
            if reason := problems.refused_for(error):
                context.log_fields["refused"] = reason
            return problems.response(error, exchange.head.path, context.instance, root_path=self.root_path)
        self.report("unexpected error", error, context)
        return problems.of_a_mistake(exchange.head.path, context.instance, root_path=self.root_path)

    def close(self, context: RequestContext, method: str, status: int, *, requests: int, size: int) -> None:
        """
        Close the account of a request: make room for others, count it, and write its log line.

        Args:
            context: Of the request.
            method: As it was sent.
            status: Of its answer.
            requests: 1 when it was let in.
            size: Bytes of its body that were let in.
        """
        route = context.route or UNMATCHED
        seconds = time.perf_counter() - context.started
        if status == CLIENT_GONE:
            context.log_fields["refused"] = "client_gone"
        try:
            if requests or size:
                self.admission.leave(context.client, requests=requests, size=size)
            self._observe(context, route, method, status, seconds)
            entry = {
                "request_id": context.request_id,
                "method": method,
                "route": route,
                "status": status,
                "duration_ms": round(seconds * 1e3, 3),
            }
            logs.note(self._log, "request", entry, context.log_fields)
        except Exception as error:  # noqa: BLE001  an account that cannot be kept keeps no answer back
            self.report("a request could not be counted", error, context)

    def report(self, event: str, error: Exception, context: RequestContext) -> None:
        """Log what should not have happened."""
        self._log.error(event, exc_info=error, extra={logs.FACTS: {"request_id": context.request_id}})

    def finish_together(self, exchange: Exchange, response: Response | None) -> None:
        """
        Send an answer right after those of its batch.

        Its client wakes up for each of them that comes alone, which costs more than to send them.
        """
        if not self._finished:
            asyncio.get_running_loop().call_soon(self._finish_all)
        self._finished.append((exchange, response))

    def _finish_all(self) -> None:
        finished, self._finished = self._finished, []
        for exchange, response in finished:
            exchange.send(response)
        for exchange, _ in finished:
            exchange.close()

    def _for_other_sites(self, origin: str) -> list[Header]:
        assert self._cors is not None  # noqa: S101  who calls this has seen to it
        headers = MutableHeaders()
        headers.update(self._cors.simple_headers)
        if self._cors.is_allowed_origin(origin):
            self._cors.allow_explicit_origin(headers, origin)
        return headers.raw


@functools.lru_cache(maxsize=256)
def _with_safe_headers(own: tuple[Header, ...]) -> tuple[Header, ...]:
    """Add to an answer's own headers those that belong to every answer."""
    names = {name for name, _ in own}
    return (*own, *(header for header in SAFE_HEADERS if header[0] not in names))
