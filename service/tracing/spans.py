"""Spans of requests and their stages, made when a request is over; the only importer of OpenTelemetry."""

import asyncio
import contextlib
import threading
import time
from collections.abc import Iterator

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, Status, StatusCode, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

import service
from service.http.context import RequestContext

NAME = "lenet5-service"
"""Of the service, unless ``OTEL_SERVICE_NAME`` says otherwise."""

CLOSE_S = 2.0
"""Time for the last spans to leave; a collector that is gone keeps nobody from stopping."""

_PARENTS = (b"traceparent", b"tracestate")


class Spans:
    """
    Sends a span of each request, and of each of its stages, to a collector, in batches from a thread.

    What the caller's trace says of sampling is kept; ``OTEL_TRACES_SAMPLER`` decides for the others. Probes
    and scrapes have no spans. When the collector is slow or gone, spans are dropped.
    """

    def __init__(self, endpoint: str | None) -> None:
        """Take the full URL; without one OpenTelemetry's own variables name it."""
        own = {"service.name": NAME, "service.version": service.__version__}
        resource = Resource.create({**own, **OTELResourceDetector().detect().attributes})
        # Without its hook at the exit of the process, which would wait for a collector for half a minute.
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint)))
        self._tracer = self._provider.get_tracer(NAME, service.__version__)
        self._callers = TraceContextTextMapPropagator()

    def request(self, context: RequestContext, route: str, method: str, status: int, seconds: float) -> None:
        """Note a request that is over; its log line gets the id of the trace when it is sampled."""
        if context.is_probe:
            return
        now_s, now_ns = time.perf_counter(), time.time_ns()

        def clock(moment_s: float) -> int:
            """Give the nanoseconds since 1970 of a moment of the monotonic clock."""
            return now_ns - int((now_s - moment_s) * 1e9)

        carrier = {
            name.decode(): context.fields[name].decode("latin-1")
            for name in _PARENTS
            if name in context.fields
        }
        span = self._tracer.start_span(
            f"{method} {route}",
            self._callers.extract(carrier),
            SpanKind.SERVER,
            {
                "http.request.method": method,
                "http.route": route,
                "http.response.status_code": status,
                "lenet.request_id": context.request_id,
                **{
                    f"lenet.{name}": value
                    for name, value in context.log_fields.items()
                    if value is not None and not name.endswith("_ms")
                },
            },
            start_time=clock(context.started),
        )
        if span.is_recording():
            if status >= 500:
                span.set_status(Status(StatusCode.ERROR))
                span.set_attribute("error.type", str(status))
            inside = set_span_in_context(span)
            for name, began_s, ended_s in _stages(context):
                stage = self._tracer.start_span(name, inside, start_time=clock(began_s))
                stage.end(clock(ended_s))
            context.log_fields["trace_id"] = f"{span.get_span_context().trace_id:032x}"
        span.end(clock(context.started + seconds))

    async def close(self) -> None:
        """Send what waits, for a while."""
        loop = asyncio.get_running_loop()
        sent = asyncio.Event()

        def send() -> None:
            self._provider.shutdown()
            # The event loop may be gone when a collector answers as late as that.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(sent.set)

        threading.Thread(target=send, name="last spans", daemon=True).start()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(sent.wait(), CLOSE_S)


def _stages(context: RequestContext) -> Iterator[tuple[str, float, float]]:
    """
    Give each stage, the last first, and when it began and ended by the monotonic clock.

    How long each took is known, and when the last of them was noted; they follow one another.
    """
    ended_s = context.noted
    for fact, ms in reversed(context.log_fields.items()):
        if fact.endswith("_ms") and ms:
            began_s = max(context.started, ended_s - ms / 1e3)
            yield fact.removesuffix("_ms"), began_s, ended_s
            ended_s = began_s
