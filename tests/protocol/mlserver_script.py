"""Drives a service by MLServer's codecs, in the environment that has them; prints what came back as JSON."""

import json
import sys
import urllib.request

import grpc
import numpy as np
from mlserver.codecs import Base64Codec, NumpyCodec
from mlserver.grpc.converters import ModelInferRequestConverter, ModelInferResponseConverter
from mlserver.grpc.dataplane_pb2_grpc import GRPCInferenceServiceStub
from mlserver.types import InferenceRequest, InferenceResponse


def over_rest(address: str, request: InferenceRequest) -> InferenceResponse:
    posted = urllib.request.Request(
        f"{address}/v2/models/lenet5/infer",
        request.model_dump_json(exclude_none=True).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(posted) as answer:
        return InferenceResponse.model_validate_json(answer.read())


def over_grpc(address: str, request: InferenceRequest, *, raw: bool) -> InferenceResponse:
    with grpc.insecure_channel(address) as channel:
        message = ModelInferRequestConverter.from_types(request, model_name="lenet5", use_raw=raw)
        return ModelInferResponseConverter.to_types(GRPCInferenceServiceStub(channel).ModelInfer(message))


def main(address: str, grpc_address: str, array: str, *paths: str) -> None:
    values = np.load(array)
    pictures = []
    for path in paths:
        with open(path, "rb") as file:  # noqa: PTH123  as a stranger's script would
            pictures.append(file.read())
    requests = {
        "files": InferenceRequest(id="one", inputs=[Base64Codec.encode_input("image", pictures)]),
        "images": InferenceRequest(id="one", inputs=[NumpyCodec.encode_input("image", values)]),
        "levels": InferenceRequest(
            id="one", inputs=[NumpyCodec.encode_input("image", (values / 255).astype(np.float32))]
        ),
    }
    told = {}
    for name, request in requests.items():
        for way, answer in (
            ("rest", over_rest(address, request)),
            ("contents", over_grpc(grpc_address, request, raw=False)),
            ("raw", over_grpc(grpc_address, request, raw=True)),
        ):
            outputs = {one.name: NumpyCodec.decode_output(one).tolist() for one in answer.outputs}
            told[f"{name} {way}"] = {"id": answer.id, **outputs}
    sys.stdout.write(json.dumps(told))


main(*sys.argv[1:])
