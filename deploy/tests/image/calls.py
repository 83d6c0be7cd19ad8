"""Calls of gRPC to a container, by what that tells of them itself: its reflection and its health."""

import functools
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self

import grpc
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

SERVICE = "inference.GRPCInferenceService"
WITHIN_S = 60


class Calls:
    """Calls over one connection, as a context."""

    def __init__(self, host: str, port: int) -> None:
        """Have a connection, which opens with the first call."""
        self._channel = grpc.insecure_channel(f"{host}:{port}")

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection."""
        self._channel.close()

    def health(self, service: str) -> str:
        """Ask for the health; an address where nobody is yet is tried again."""
        check = health_pb2_grpc.HealthStub(self._channel).Check
        asked = health_pb2.HealthCheckRequest(service=service)
        return _word(check(asked, wait_for_ready=True, timeout=WITHIN_S))

    def watch(self) -> Iterator[str]:
        """Be told the health now, and whenever it changes."""
        watch = health_pb2_grpc.HealthStub(self._channel).Watch
        return map(_word, watch(health_pb2.HealthCheckRequest(), timeout=WITHIN_S))

    def infer(self, picture: bytes) -> list[float]:
        """Have a picture read; give the probabilities of the digits."""
        request = self.request(picture)
        call = self._channel.unary_unary(f"/{SERVICE}/ModelInfer", lambda message: message, None)
        return self.probabilities(call(request, timeout=WITHIN_S))

    def infer_slowly(self, messages: Iterator[bytes]) -> Any:  # noqa: ANN401  gRPC names no type for it
        """Begin a call whose request comes later; give its future, of a response's bytes."""
        return self._channel.stream_unary(f"/{SERVICE}/ModelInfer", None, None).future(
            messages, timeout=WITHIN_S
        )

    def request(self, picture: bytes) -> bytes:
        """Write the request that has a picture read."""
        message = GetMessageClass(self._method.input_type)()
        message.model_name = "lenet5"
        message.inputs.add(name="image", datatype="BYTES", shape=[1])
        message.raw_input_contents.append(len(picture).to_bytes(4, "little") + picture)
        return bytes(message.SerializeToString())

    def probabilities(self, response: bytes) -> list[float]:
        """Read the probabilities in a response."""
        message = GetMessageClass(self._method.output_type).FromString(response)
        names = [output.name for output in message.outputs]
        raw = message.raw_output_contents[names.index("probabilities")]
        return list(memoryview(raw).cast("f"))

    @functools.cached_property
    def _method(self) -> Any:  # noqa: ANN401  a descriptor, of which protobuf has several kinds
        pool = DescriptorPool(ProtoReflectionDescriptorDatabase(self._channel))
        return pool.FindServiceByName(SERVICE).methods_by_name["ModelInfer"]


def _word(answer: health_pb2.HealthCheckResponse) -> str:
    return str(health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status))
