"""A collector gets a span of each request and stage; a collector in trouble troubles nobody."""

import queue
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status
from starlette.testclient import TestClient

from service.app import create_app
from service.errors import StartError
from service.http.context import RequestContext
from service.settings import PACKAGED_RECOGNISER, Settings
from service.tracing import setup
from service.tracing.spans import Spans

CALLER = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"


class Collector(ThreadingHTTPServer):
    """Takes what an exporter posts."""

    def __init__(self) -> None:
        self.requests: queue.Queue[tuple[str, ExportTraceServiceRequest]] = queue.Queue()
        self.answer = 200
        requests = self.requests

        class Handler(BaseHTTPRequestHandler):
            server: Collector

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                requests.put((self.path, ExportTraceServiceRequest.FromString(body)))
                self.send_response(self.server.answer)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def spans(self) -> tuple[dict[str, Span], dict[str, Any]]:
        """Give the spans of the next batch by their names, and what they say of the service."""
        path, request = self.requests.get(timeout=10)
        (resource,) = request.resource_spans

        assert path == "/v1/traces"
        found = [span for scope in resource.scope_spans for span in scope.spans]
        assert len({span.name for span in found}) == len(found)
        return {span.name: span for span in found}, attributes(resource.resource)


def attributes(told: Any) -> dict[str, Any]:  # noqa: ANN401  a span or a resource
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in told.attributes}


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*setup.OPENTELEMETRYS_OWN, "OTEL_SERVICE_NAME", "OTEL_TRACES_SAMPLER"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def traced(settings: Settings, collector: Collector) -> Callable[..., Any]:
    """Send one request to a service that traces, and stop the service: that sends all spans."""

    def traced(method: str, path: str, **request: Any) -> Any:  # noqa: ANN401
        app = create_app(settings.model_copy(update={"otlp_endpoint": collector.address}))
        with TestClient(app) as client:
            return client.request(method, path, **request)

    return traced


def test_a_request_continues_its_callers_trace_with_a_span_for_each_stage(
    traced: Callable[..., Any], collector: Collector, digits: np.ndarray, encode: Callable[..., bytes]
) -> None:
    before = time.time_ns()
    headers = {
        "Content-Type": "image/png",
        "X-Request-ID": "my-request",
        "traceparent": f"00-{CALLER}-{PARENT}-01",
    }
    response = traced("POST", "/predict", content=encode(digits[7]), headers=headers)
    spans, resource = collector.spans()
    after = time.time_ns()
    root = spans["POST /predict"]

    assert response.status_code == 200
    assert resource["service.name"] == "lenet5-service"
    assert set(spans) == {"POST /predict", "decode", "queue", "inference"}
    assert {span.trace_id.hex() for span in spans.values()} == {CALLER}
    assert root.parent_span_id.hex() == PARENT
    assert root.kind == Span.SPAN_KIND_SERVER
    assert attributes(root) == {
        "http.request.method": "POST",
        "http.route": "/predict",
        "http.response.status_code": 200,
        "lenet.request_id": "my-request",
        "lenet.model": "lenet5",
        "lenet.version": PACKAGED_RECOGNISER.name,
        "lenet.images": 1,
        "lenet.batch": 1,
        "lenet.digit": 7,
    }
    assert before <= root.start_time_unix_nano < root.end_time_unix_nano <= after
    ended = root.start_time_unix_nano
    for name in ("decode", "queue", "inference"):
        stage = spans[name]

        assert stage.parent_span_id == root.span_id
        assert ended <= stage.start_time_unix_nano <= stage.end_time_unix_nano
        ended = stage.end_time_unix_nano
    assert ended <= root.end_time_unix_nano


def test_an_answer_of_5xx_is_an_error_and_one_of_4xx_is_not(collector: Collector) -> None:
    for status, expected in ((503, Status.STATUS_CODE_ERROR), (404, Status.STATUS_CODE_UNSET)):
        spans = Spans(f"{collector.address}/v1/traces")
        spans.request(RequestContext.of({}), "/predict", "POST", status, 0.01)
        spans._provider.shutdown()
        found, _ = collector.spans()
        (span,) = found.values()

        assert span.status.code == expected
        assert attributes(span).get("error.type") == (str(status) if status >= 500 else None)


def test_the_log_line_has_the_id_of_the_trace(
    traced: Callable[..., Any], collector: Collector, log_entries: Callable[[], list[dict[str, Any]]]
) -> None:
    traced("GET", "/models")
    spans, _ = collector.spans()
    (line,) = [entry for entry in log_entries() if entry["event"] == "request"]

    assert line["trace_id"] == spans["GET /models"].trace_id.hex()


def test_probes_scrapes_and_what_the_caller_does_not_sample_have_no_spans(
    settings: Settings, collector: Collector
) -> None:
    app = create_app(settings.model_copy(update={"otlp_endpoint": collector.address}))
    with TestClient(app) as client:
        for path in ("/health/live", "/health/ready", "/metrics", "/v2/health/ready"):
            assert client.get(path).status_code == 200
        client.get("/models", headers={"traceparent": f"00-{CALLER}-{PARENT}-00"})
        client.get("/kernels")
    spans, _ = collector.spans()

    assert set(spans) == {"GET /kernels"}
    assert collector.requests.empty()


def test_opentelemetrys_own_variables_are_heard(
    settings: Settings, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.address)
    monkeypatch.setenv("OTEL_SERVICE_NAME", "digits-in-berlin")
    with TestClient(create_app(settings)) as client:
        client.get("/models")
    spans, resource = collector.spans()

    assert set(spans) == {"GET /models"}
    assert resource["service.name"] == "digits-in-berlin"


def test_a_collector_that_is_gone_troubles_neither_requests_nor_the_end(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, log_entries: Callable[[], list[dict[str, Any]]]
) -> None:
    monkeypatch.setattr("service.tracing.spans.CLOSE_S", 0.2)
    # It goes on trying for so long, of its own: seconds of other tests otherwise.
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        gone = f"http://127.0.0.1:{nobody.getsockname()[1]}"
    app = create_app(settings.model_copy(update={"otlp_endpoint": gone}))
    with TestClient(app) as client:
        assert [client.get("/models").status_code for _ in range(20)] == [200] * 20
        began = time.monotonic()

    assert time.monotonic() - began < 5
    assert not [entry for entry in log_entries() if entry["event"] == "unexpected error"]
    for thread in threading.enumerate():
        if thread.name == "last spans":
            thread.join(timeout=10)
            assert not thread.is_alive()


def test_a_strange_traceparent_harms_nothing(collector: Collector) -> None:
    spans = Spans(f"{collector.address}/v1/traces")
    part = st.text("0123456789abcdefXYZ-", max_size=40).map(str.encode) | st.binary(max_size=40)

    @hypothesis.given(st.tuples(part, part, part, part).map(b"-".join), part)
    def check(parent: bytes, state: bytes) -> None:
        context = RequestContext.of({b"traceparent": parent, b"tracestate": state})
        spans.request(context, "/predict", "POST", 200, 0.01)

        assert len(context.log_fields["trace_id"]) == 32

    check()
    spans._provider.shutdown()

    assert not collector.requests.empty()


def test_without_a_collector_nothing_of_opentelemetry_is_loaded() -> None:
    code = (
        "import sys; from service.app import create_app; from service.settings import Settings;"
        "create_app(Settings(device='cpu', threads=1));"
        "unwanted = 'opentelemetry.sdk', 'opentelemetry.exporter', 'requests', 'prometheus_client';"
        "print([name for name in unwanted if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_a_collector_without_the_packages_stops_the_start(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "service.tracing.spans", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.resources", None)
    configured = settings.model_copy(update={"otlp_endpoint": "http://127.0.0.1:9"})
    with pytest.raises(StartError, match=r"LENET_OTLP_ENDPOINT .* extra 'tracing'"):
        create_app(configured)


def test_tracing_can_be_turned_off_as_opentelemetry_says(settings: Settings) -> None:
    environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_SDK_DISABLED": "true"}

    assert setup.begin(settings, environment) is None
