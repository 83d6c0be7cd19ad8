"""Drives a service by the clients made of the protocol's documents; prints what came back as JSON."""

import base64
import json
import sys
from typing import Any

import grpc
from open_inference.grpc.protocol import (
    ModelInferRequest,
    ModelMetadataRequest,
    ModelReadyRequest,
    ServerLiveRequest,
    ServerMetadataRequest,
    ServerReadyRequest,
)
from open_inference.grpc.service import GRPCInferenceServiceStub
from open_inference.openapi.client import InferenceRequest, OpenInferenceClient
from open_inference.openapi.core.api_error import ApiError


def given(datatype: str, shape: list[int], data: list[Any]) -> dict[str, Any]:
    return {"name": "image", "shape": shape, "datatype": datatype, "data": data}


def over_rest(address: str, picture: bytes) -> dict[str, Any]:
    client = OpenInferenceClient(base_url=address)

    def infer(model: str, tensor: dict[str, Any]) -> Any:  # noqa: ANN401  JSON
        return client.model_infer(model, request=InferenceRequest(inputs=[tensor]))

    def refused(model: str, tensor: dict[str, Any]) -> int | None:
        try:
            infer(model, tensor)
        except ApiError as error:
            return error.status_code
        return None

    file = given("BYTES", [1], [base64.b64encode(picture).decode()])
    black = given("UINT8", [1, 28, 28, 1], [0] * 784)
    client.check_server_liveness()
    client.check_server_readiness()
    client.check_model_readiness("lenet5")
    outputs = {one.name: one.data.__root__ for one in infer("lenet5", file).outputs}
    return {
        "server": client.read_server_metadata().name,
        "inputs": [one.name for one in client.read_model_metadata("lenet5").inputs],
        "file": outputs["probabilities"],
        "black": infer("lenet5", black).outputs[0].data.__root__,
        "unknown": refused("xyzzy", file),
        "wrong": refused("lenet5", given("FP64", [1], [0.5])),
    }


def over_grpc(address: str, picture: bytes) -> dict[str, Any]:
    with grpc.insecure_channel(address) as channel:
        client = GRPCInferenceServiceStub(channel)

        def infer(model: str, datatype: str, shape: list[int], **contents: list[Any]) -> list[float]:
            tensor = {"name": "image", "datatype": datatype, "shape": shape, "contents": contents}
            answer = client.ModelInfer(ModelInferRequest(model_name=model, inputs=[tensor]))
            return list(answer.outputs[0].contents.fp32_contents)

        def refused(model: str, datatype: str, **contents: list[Any]) -> str | None:
            try:
                infer(model, datatype, [1], **contents)
            except grpc.RpcError as error:
                return error.code().name
            return None

        assert client.ServerLive(ServerLiveRequest()).live
        assert client.ServerReady(ServerReadyRequest()).ready
        assert client.ModelReady(ModelReadyRequest(name="lenet5")).ready
        return {
            "server": client.ServerMetadata(ServerMetadataRequest()).name,
            "inputs": [one.name for one in client.ModelMetadata(ModelMetadataRequest(name="lenet5")).inputs],
            "file": infer("lenet5", "BYTES", [1], bytes_contents=[picture]),
            "black": infer("lenet5", "UINT8", [1, 28, 28, 1], uint_contents=[0] * 784),
            "unknown": refused("xyzzy", "BYTES", bytes_contents=[picture]),
            "wrong": refused("lenet5", "FP64", fp64_contents=[0.5]),
        }


def main(address: str, grpc_address: str, path: str) -> None:
    with open(path, "rb") as file:  # noqa: PTH123  as a stranger's script would
        picture = file.read()
    told = {"rest": over_rest(address, picture), "grpc": over_grpc(grpc_address, picture)}
    sys.stdout.write(json.dumps(told))


main(*sys.argv[1:])
