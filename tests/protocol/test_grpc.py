"""What gRPC itself is promised: who may call, limits, deadlines, cancellation, health, reflection, an end."""

import contextlib
import gzip
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest
from google.protobuf import descriptor_pb2
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from grpc_status import rpc_status
from tritonclient.grpc import service_pb2 as messages
from tritonclient.grpc import service_pb2_grpc

SERVICE = "inference.GRPCInferenceService"
KEY = "a key of more than sixteen characters"
SERVING, NOT_SERVING = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING

Stub = service_pb2_grpc.GRPCInferenceServiceStub
Started = tuple[str, str]
Process = tuple[subprocess.Popen[str], str]


@pytest.fixture(scope="session")
def serve_both(serve: Callable[..., str], free_port: Callable[[], int]) -> Callable[..., Started]:
    """Start a service that speaks gRPC too, with settings of its own; give both addresses."""

    def serve_both(**settings: str) -> Started:
        port = str(free_port())
        return serve(LENET_GRPC_PORT=port, LENET_DEVICE="cpu", **settings), f"127.0.0.1:{port}"

    return serve_both


@pytest.fixture(scope="module")
def limited(serve_both: Callable[..., Started], tmp_path_factory: pytest.TempPathFactory) -> Started:
    """A service with narrow limits, which wants a key."""
    keys = tmp_path_factory.mktemp("keys") / "keys"
    keys.write_text(KEY)
    return serve_both(
        LENET_API_KEYS_FILE=str(keys),
        LENET_MAX_BODY_BYTES="100000",
        LENET_BODY_DEADLINE_S="3",
        LENET_MAX_IN_FLIGHT="2",
        LENET_CLIENT_SHARE="1",
    )


@pytest.fixture
def channels() -> Iterator[Callable[[str], grpc.Channel]]:
    with contextlib.ExitStack() as stack:
        yield lambda address, **options: stack.enter_context(
            grpc.insecure_channel(address, options=list(options.items()))
        )


@pytest.fixture
def channel(
    address: str,  # noqa: ARG001  it runs
    grpc_address: str,
    channels: Callable[[str], grpc.Channel],
) -> grpc.Channel:
    return channels(grpc_address)


@pytest.fixture
def stub(channel: grpc.Channel) -> Stub:
    return Stub(channel)


@pytest.fixture
def guarded(limited: Started, channels: Callable[[str], grpc.Channel]) -> Stub:
    return Stub(channels(limited[1]))


def asking(images: np.ndarray, *, model: str = "lenet5") -> messages.ModelInferRequest:
    given = messages.ModelInferRequest.InferInputTensor(
        name="image", datatype="UINT8", shape=[*images.shape, 1]
    )
    return messages.ModelInferRequest(model_name=model, inputs=[given], raw_input_contents=[images.tobytes()])


def measured(address: str, name: str) -> dict[str, float]:
    """Read a metric: its values by their labels."""
    with urllib.request.urlopen(f"{address}/metrics") as answer:
        text = answer.read().decode()
    return {labels: float(value) for labels, value in re.findall(rf"^{name}(\S*) (\S+)$", text, re.MULTILINE)}


def refusal(call: Callable[..., Any], *args: Any, **options: Any) -> grpc.RpcError:  # noqa: ANN401
    with pytest.raises(grpc.RpcError) as caught:
        call(*args, **options)
    return caught.value


def pouring(channel: grpc.Channel) -> Any:  # noqa: ANN401  gRPC names no type for it
    """Call for an inference by a stream of the test's, of which the service expects one message."""
    return channel.stream_unary(f"/{SERVICE}/ModelInfer", None, None)


def test_a_key_is_asked_for_as_metadata_but_not_of_probes(guarded: Stub, digits: np.ndarray) -> None:
    request = asking(digits)
    for metadata in ((), (("x-api-key", "another key of that length"),)):
        for call, given in (
            (guarded.ModelInfer, request),
            (guarded.ModelStatistics, messages.ModelStatisticsRequest()),
            (guarded.ModelMetadata, messages.ModelMetadataRequest(name="lenet5")),
        ):
            assert refusal(call, given, metadata=metadata).code() is grpc.StatusCode.UNAUTHENTICATED
    assert guarded.ServerLive(messages.ServerLiveRequest()).live
    assert guarded.ServerReady(messages.ServerReadyRequest()).ready
    assert guarded.ModelInfer(request, metadata=(("x-api-key", KEY),)).model_name == "lenet5"


def test_a_message_over_the_limit_is_refused_also_when_it_is_small_while_packed(
    guarded: Stub, channels: Callable[..., grpc.Channel], limited: Started
) -> None:
    key = (("x-api-key", KEY),)
    zeros = asking(np.zeros((200, 28, 28), np.uint8))

    assert len(gzip.compress(zeros.SerializeToString())) < 1_000
    for compression in (grpc.Compression.NoCompression, grpc.Compression.Gzip):
        error = refusal(guarded.ModelInfer, zeros, metadata=key, compression=compression)
        assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    fits = asking(np.zeros((100, 28, 28), np.uint8))
    assert Stub(channels(limited[1])).ModelInfer(fits, metadata=key).outputs[0].shape == [100, 10]


def test_bytes_that_are_no_message_are_refused(channel: grpc.Channel) -> None:
    for sent in ((b"\xff\xff\xff",), (), (b"\x0a\x05ab",)):
        error = refusal(pouring(channel), iter(sent))
        assert error.code() is grpc.StatusCode.INVALID_ARGUMENT


def test_a_method_that_is_not_there_is_unimplemented(channel: grpc.Channel) -> None:
    call = channel.unary_unary(f"/{SERVICE}/SystemSharedMemoryStatus", None, None)

    assert refusal(call, b"").code() is grpc.StatusCode.UNIMPLEMENTED


def test_a_stream_without_a_key_ends_before_a_message_is_read(
    limited: Started, channels: Callable[[str], grpc.Channel]
) -> None:
    never = threading.Event()

    def nothing() -> Iterator[bytes]:
        never.wait(10)
        yield from ()

    stream = channels(limited[1]).stream_stream(f"/{SERVICE}/ModelStreamInfer", None, None)
    error = refusal(next, stream(nothing()))
    never.set()

    assert error.code() is grpc.StatusCode.UNAUTHENTICATED


def test_of_a_repeated_key_none_counts(guarded: Stub, digits: np.ndarray) -> None:
    error = refusal(guarded.ModelInfer, asking(digits), metadata=(("x-api-key", "wrong"), ("x-api-key", KEY)))

    assert error.code() is grpc.StatusCode.UNAUTHENTICATED


@pytest.mark.parametrize(
    "method", ["grpc.health.v1.Health/Check", "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"]
)
def test_bytes_that_no_probe_sends_are_refused_in_words(method: str, channel: grpc.Channel) -> None:
    call = channel.stream_stream(f"/{method}", None, None)
    error = refusal(next, call(iter([b"\xff"])))

    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "the bytes are no grpc." in error.details()


def waiting(channel: grpc.Channel, number: int, ended: threading.Event) -> Iterator[Any]:
    """Begin calls whose message does not come."""

    def nothing() -> Iterator[bytes]:
        ended.wait(10)
        yield from ()

    for _ in range(number):
        yield pouring(channel).future(nothing(), metadata=(("x-api-key", KEY),))


def test_a_message_that_does_not_come_in_time_is_given_up(
    limited: Started, channels: Callable[[str], grpc.Channel]
) -> None:
    ended = threading.Event()
    (call,) = waiting(channels(limited[1]), 1, ended)

    assert call.exception(timeout=10).code() is grpc.StatusCode.DEADLINE_EXCEEDED
    ended.set()


def test_who_is_refused_for_want_of_room_is_told_when_to_come_again_and_probes_are_not(
    guarded: Stub, limited: Started, channels: Callable[[str], grpc.Channel], digits: np.ndarray
) -> None:
    ended = threading.Event()
    calls = list(waiting(channels(limited[1]), 2, ended))
    until = time.monotonic() + 10
    while measured(limited[0], "lenet_requests_in_flight")[""] < 2:
        assert time.monotonic() < until
    error = refusal(guarded.ModelInfer, asking(digits), metadata=(("x-api-key", KEY),))

    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    (detail,) = rpc_status.from_call(error).details
    info = error_details_pb2.RetryInfo()
    assert detail.Unpack(info)
    assert 1 <= info.retry_delay.seconds <= 5
    assert dict(error.trailing_metadata())["grpc-retry-pushback-ms"] == f"{info.retry_delay.seconds}000"
    assert guarded.ServerReady(messages.ServerReadyRequest()).ready
    ended.set()
    for call in calls:
        assert call.exception(timeout=10)
    assert guarded.ModelInfer(asking(digits), metadata=(("x-api-key", KEY),)).outputs


def test_a_request_is_counted_and_logged_by_its_method_with_its_id(
    serve_process: Callable[..., Process], digits: np.ndarray, free_port: Callable[[], int]
) -> None:
    port = free_port()
    process, _ = serve_process(LENET_GRPC_PORT=str(port), LENET_LOG_FORMAT="json")
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub = Stub(channel)
        _, call = stub.ModelInfer.with_call(asking(digits), metadata=(("x-request-id", "mine"),))
        refusal(stub.ModelInfer, asking(digits, model="xyzzy"), metadata=(("x-request-id", "wrong"),))
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=30)
    entries = {entry.get("request_id"): entry for entry in map(json.loads, output.splitlines())}

    assert dict(call.trailing_metadata())["x-request-id"] == "mine"
    told = {
        name: entries["mine"][name]
        for name in ("method", "route", "status", "images", "model", "grpc_status")
    }
    assert told == {
        "method": "POST",
        "route": f"/{SERVICE}/ModelInfer",
        "status": 200,
        "images": 10,
        "model": "lenet5",
        "grpc_status": "OK",
    }
    assert {"decode_ms", "queue_ms", "inference_ms", "write_ms"} <= entries["mine"].keys()
    assert (entries["wrong"]["status"], entries["wrong"]["grpc_status"]) == (404, "NOT_FOUND")
    assert process.returncode == 0


def test_metrics_count_calls_as_requests(address: str, stub: Stub, digits: np.ndarray) -> None:
    labels = f'{{method="POST",route="/{SERVICE}/ModelInfer",status="200"}}'
    before = measured(address, "lenet_request_seconds_count")
    stub.ModelInfer(asking(digits))
    after = measured(address, "lenet_request_seconds_count")
    found = [name for name in after if f'route="/{SERVICE}/ModelInfer"' in name and 'status="200"' in name]

    assert len(found) == 1, labels
    assert after[found[0]] - before.get(found[0], 0) == 1


def test_the_health_is_the_readiness_and_watchers_learn_of_the_end(
    serve_process: Callable[..., Process], free_port: Callable[[], int]
) -> None:
    port = free_port()
    process, _ = serve_process(LENET_GRPC_PORT=str(port))
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        health = health_pb2_grpc.HealthStub(channel)
        for name in ("", SERVICE):
            assert health.Check(health_pb2.HealthCheckRequest(service=name)).status == SERVING
        error = refusal(health.Check, health_pb2.HealthCheckRequest(service="xyzzy"))
        assert error.code() is grpc.StatusCode.NOT_FOUND
        watched = health.Watch(health_pb2.HealthCheckRequest())
        assert next(watched).status == SERVING
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert next(watched).status == NOT_SERVING
        process.communicate(timeout=30)

    # Who watches does not keep it from stopping.
    assert time.monotonic() - began < 15
    assert process.returncode == 0


def test_reflection_tells_every_service_and_the_text_of_the_protocol(
    grpc_address: str, stub: Stub, channels: Callable[[str], grpc.Channel]
) -> None:
    assert stub.ServerLive(messages.ServerLiveRequest()).live
    reflection = reflection_pb2_grpc.ServerReflectionStub(channels(grpc_address))
    asked = [
        reflection_pb2.ServerReflectionRequest(list_services=""),
        reflection_pb2.ServerReflectionRequest(file_containing_symbol=SERVICE),
    ]
    listed, described = reflection.ServerReflectionInfo(iter(asked))
    file = descriptor_pb2.FileDescriptorProto.FromString(
        described.file_descriptor_response.file_descriptor_proto[0]
    )
    theirs = messages.DESCRIPTOR.services_by_name["GRPCInferenceService"]

    assert {one.name for one in listed.list_services_response.service} == {
        SERVICE,
        "grpc.health.v1.Health",
        "grpc.reflection.v1alpha.ServerReflection",
    }
    for method in file.service[0].method:
        same = theirs.methods_by_name[method.name]
        assert method.input_type == f".{same.input_type.full_name}"
        assert method.output_type == f".{same.output_type.full_name}"


def test_every_field_has_the_number_and_type_that_triton_gives_it(
    grpc_address: str, stub: Stub, channels: Callable[[str], grpc.Channel]
) -> None:
    assert stub.ServerLive(messages.ServerLiveRequest()).live
    reflection = reflection_pb2_grpc.ServerReflectionStub(channels(grpc_address))
    asked = reflection_pb2.ServerReflectionRequest(file_containing_symbol=SERVICE)
    (described,) = reflection.ServerReflectionInfo(iter([asked]))
    file = descriptor_pb2.FileDescriptorProto.FromString(
        described.file_descriptor_response.file_descriptor_proto[0]
    )
    pool = messages.DESCRIPTOR.pool
    of_kserve = {"RepositoryModelLoadResponse", "RepositoryModelUnloadResponse"}

    def compared(name: str, ours: descriptor_pb2.DescriptorProto) -> int:
        theirs = pool.FindMessageTypeByName(name).fields_by_name
        for field in ours.field:
            same = theirs[field.name]
            assert (field.number, field.type) == (same.number, same.type), f"{name}.{field.name}"
            assert (field.label == field.LABEL_REPEATED) is same.is_repeated
        return len(ours.field) + sum(compared(f"{name}.{one.name}", one) for one in ours.nested_type)

    fields = sum(
        compared(f"inference.{one.name}", one) for one in file.message_type if one.name not in of_kserve
    )
    assert fields > 100
    for enum in file.enum_type:
        theirs = pool.FindEnumTypeByName(f"inference.{enum.name}").values_by_name
        assert {value.name: value.number for value in enum.value} == {
            name: value.number for name, value in theirs.items()
        }


def test_a_call_that_is_cancelled_or_out_of_time_leaves_nothing_behind(
    serve_both: Callable[..., Started], channels: Callable[[str], grpc.Channel], digits: np.ndarray
) -> None:
    address, port = serve_both(LENET_THREADS="1")
    channel = channels(port)
    ended = threading.Event()

    def nothing() -> Iterator[bytes]:
        ended.wait(20)
        yield from ()

    late = pouring(channel).future(nothing(), timeout=2)
    held = pouring(channel).future(nothing())
    computed = Stub(channel).ModelInfer.future(asking(np.resize(digits, (10_000, 28, 28))))
    until = time.monotonic() + 20
    while measured(address, "lenet_requests_in_flight")[""] < 2:
        assert time.monotonic() < until
    for call in (held, computed):
        call.cancel()
    assert late.exception(timeout=20).code() is grpc.StatusCode.DEADLINE_EXCEEDED
    while any(
        measured(address, name)[""]
        for name in ("lenet_requests_in_flight", "lenet_in_flight_bytes", "lenet_queue_images")
    ):
        assert time.monotonic() < until
    ended.set()

    given_up = measured(address, "lenet_request_seconds_count")
    assert sum(number for labels, number in given_up.items() if 'status="499"' in labels) >= 2
    assert Stub(channel).ModelInfer(asking(digits)).outputs


def test_what_is_under_way_is_answered_before_the_end_and_nothing_new_is_taken(
    serve_process: Callable[..., Process], digits: np.ndarray, free_port: Callable[[], int]
) -> None:
    port = free_port()
    process, address = serve_process(LENET_GRPC_PORT=str(port))
    given = threading.Event()

    def slowly() -> Iterator[bytes]:
        given.wait(10)
        yield asking(digits).SerializeToString()

    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub = Stub(channel)
        stub.ModelInfer(asking(digits))
        call = pouring(channel).future(slowly())
        until = time.monotonic() + 10
        while not measured(address, "lenet_requests_in_flight")[""]:
            assert time.monotonic() < until
        health = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest())
        assert next(health).status == SERVING
        process.send_signal(signal.SIGTERM)
        assert next(health).status == NOT_SERVING
        given.set()
        answer = messages.ModelInferResponse.FromString(call.result(timeout=20))
        assert answer.outputs[0].shape == [10, 10]
        process.communicate(timeout=30)
        error = refusal(stub.ModelInfer, asking(digits))

    assert process.returncode == 0
    assert error.code() is grpc.StatusCode.UNAVAILABLE


def test_a_stop_ends_calls_that_outlast_it_and_streams_that_are_idle(
    serve_process: Callable[..., Process], digits: np.ndarray, free_port: Callable[[], int]
) -> None:
    port = free_port()
    process, address = serve_process(LENET_GRPC_PORT=str(port), LENET_SHUTDOWN_S="2")
    never = threading.Event()

    def requests(*sent: messages.ModelInferRequest) -> Iterator[bytes]:
        yield from (one.SerializeToString() for one in sent)
        never.wait(20)

    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        stream = channel.stream_stream(f"/{SERVICE}/ModelStreamInfer", None, None)(requests(asking(digits)))
        assert messages.ModelStreamInferResponse.FromString(next(stream)).infer_response.outputs
        held = pouring(channel).future(requests())
        until = time.monotonic() + 10
        while not measured(address, "lenet_requests_in_flight")[""]:
            assert time.monotonic() < until
        process.send_signal(signal.SIGTERM)
        assert list(stream) == []
        assert held.exception(timeout=20).code() is grpc.StatusCode.UNAVAILABLE
        process.communicate(timeout=20)
        never.set()

    assert stream.code() is grpc.StatusCode.OK
    assert process.returncode == 0


def test_a_large_answer_that_is_under_way_arrives_before_the_end(
    serve_process: Callable[..., Process], digits: np.ndarray, free_port: Callable[[], int]
) -> None:
    port = free_port()
    process, address = serve_process(LENET_GRPC_PORT=str(port))
    many = asking(np.resize(digits, (300, 28, 28)), model="lenet5-layers")
    with grpc.insecure_channel(
        f"127.0.0.1:{port}", options=[("grpc.max_receive_message_length", -1)]
    ) as channel:
        call = Stub(channel).ModelInfer.future(many)
        until = time.monotonic() + 10
        while not measured(address, "lenet_requests_in_flight")[""]:
            assert time.monotonic() < until
            if call.done():
                # It was quicker than the look at the metrics.
                call = Stub(channel).ModelInfer.future(many)
        process.send_signal(signal.SIGTERM)
        answer = call.result(timeout=20)
        process.communicate(timeout=20)

    assert sum(map(len, answer.raw_output_contents)) > 10_000_000
    assert process.returncode == 0


def start(**settings: str) -> subprocess.CompletedProcess[str]:
    """Try to start a service that cannot."""
    return subprocess.run(
        [sys.executable, "-m", "service"],
        env={**os.environ, "LENET_PORT": "0", **settings},
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_port_that_is_taken_ends_the_start_with_a_reason(grpc_address: str, stub: Stub) -> None:
    assert stub.ServerLive(messages.ServerLiveRequest()).live
    ended = start(LENET_GRPC_PORT=grpc_address.rpartition(":")[2])

    assert ended.returncode == 3
    assert ended.stderr.startswith("lenet5-service cannot start: LENET_GRPC_PORT: Address already in use")
    assert len(ended.stderr.splitlines()) == 1


def test_one_port_is_not_for_both(free_port: Callable[[], int]) -> None:
    port = str(free_port())
    ended = start(LENET_PORT=port, LENET_GRPC_PORT=port)

    assert ended.returncode == 3
    assert ended.stderr == f"lenet5-service cannot start: LENET_GRPC_PORT: {port} is LENET_PORT\n"


def test_without_the_extra_the_start_ends_with_the_way_to_it(tmp_path: Path) -> None:
    (tmp_path / "grpc.py").write_text("raise ImportError(name='grpc')")
    path = os.pathsep.join([str(tmp_path), str(Path(__file__).parents[2])])
    ended = start(LENET_GRPC_PORT="1", PYTHONPATH=path)

    assert ended.returncode == 3
    assert ended.stderr == (
        "lenet5-service cannot start: LENET_GRPC_PORT is set, but grpc is not installed:"
        " the extra 'grpc' brings it\n"
    )


def test_workers_share_the_port(serve_both: Callable[..., Started], digits: np.ndarray) -> None:
    _, port = serve_both(LENET_WORKERS="2", LENET_THREADS="1")
    for _ in range(8):
        with grpc.insecure_channel(port) as channel:
            answer = Stub(channel).ModelInfer(asking(digits), wait_for_ready=True, timeout=20)
        assert answer.outputs[0].shape == [10, 10]
