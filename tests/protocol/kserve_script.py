"""Drives a service by KServe's clients, in the environment that has them; prints what came back as JSON."""

import asyncio
import json
import logging
import sys
from typing import Any

import grpc
import httpx
import numpy as np
from kserve import (
    InferenceGRPCClient,
    InferenceRESTClient,
    InferInput,
    InferRequest,
    InferResponse,
    RESTConfig,
)
from kserve.protocol.infer_type import RequestedOutput


def images(values: np.ndarray, *, binary: bool) -> InferInput:
    given = InferInput("image", list(values.shape), "UINT8")
    given.set_data_from_numpy(values, binary_data=binary)
    return given


def files(pictures: list[bytes]) -> InferInput:
    array = np.empty(len(pictures), object)
    array[:] = pictures
    given = InferInput("image", [len(pictures)], "BYTES")
    given.set_data_from_numpy(array)
    return given


def found(answer: InferResponse) -> dict[str, Any]:
    return {
        "id": answer.id,
        "model": answer.model_name,
        "outputs": {output.name: output.as_numpy().tolist() for output in answer.outputs},
    }


async def ask(client: InferenceRESTClient, address: str, model: str, request: InferRequest) -> dict[str, Any]:
    return found(await client.infer(address, request, model_name=model))


async def fails(
    client: InferenceRESTClient, address: str, model: str, request: InferRequest
) -> dict[str, Any]:
    try:
        await client.infer(address, request, model_name=model)
    except httpx.HTTPStatusError as error:
        return {"status": error.response.status_code, "message": str(error)}
    return {}


async def rest(address: str, values: np.ndarray, pictures: list[bytes]) -> dict[str, Any]:
    outputs = [RequestedOutput("conv2d_1", {"binary_data": True}), RequestedOutput("dense_2")]
    async with InferenceRESTClient(RESTConfig(protocol="v2")) as client:
        return {
            "live": await client.is_server_live(address),
            "ready": await client.is_server_ready(address),
            "model_ready": await client.is_model_ready(address, "lenet5"),
            "unknown_ready": await client.is_model_ready(address, "xyzzy"),
            "json": await ask(
                client, address, "lenet5", InferRequest("lenet5", [images(values, binary=False)], "one")
            ),
            "binary": await ask(
                client,
                address,
                "lenet5",
                InferRequest(
                    "lenet5", [images(values, binary=True)], parameters={"binary_data_output": True}
                ),
            ),
            "plain": (
                await client.infer(
                    address,
                    {
                        "inputs": [
                            {"name": "image", "shape": [1, 28, 28, 1], "datatype": "UINT8", "data": [0] * 784}
                        ]
                    },
                    model_name="lenet5",
                )
            ).id,
            "layers": await ask(
                client,
                address,
                "lenet5-layers",
                InferRequest("lenet5-layers", [images(values, binary=True)], request_outputs=outputs),
            ),
            "files": await ask(client, address, "lenet5", InferRequest("lenet5", [files(pictures)])),
            "unknown": await fails(
                client, address, "xyzzy", InferRequest("xyzzy", [images(values, binary=True)])
            ),
            "wrong": await fails(
                client, address, "lenet5", InferRequest("lenet5", [InferInput("image", [1], "FP64", [0.5])])
            ),
        }


async def refused(client: InferenceGRPCClient, request: InferRequest) -> dict[str, Any]:
    try:
        await client.infer(request)
    except grpc.RpcError as error:
        return {"status": error.code().name, "message": error.details()}
    return {}


async def over_grpc(address: str, values: np.ndarray, pictures: list[bytes]) -> dict[str, Any]:
    raw = images(values, binary=True)
    outputs = [RequestedOutput("conv2d_1"), RequestedOutput("dense_2")]
    async with InferenceGRPCClient(address) as client:

        async def told(model: str, given: InferInput, **options: object) -> dict[str, Any]:
            return found(await client.infer(InferRequest(model, [given], **options)))

        return {
            "live": await client.is_server_live(),
            "ready": await client.is_server_ready(),
            "model_ready": await client.is_model_ready("lenet5"),
            "unknown_ready": await client.is_model_ready("xyzzy"),
            "raw": await told("lenet5", raw, request_id="one"),
            "contents": await told("lenet5", images(values, binary=False)),
            "layers": await told("lenet5-layers", raw, request_outputs=outputs),
            "files": await told("lenet5", files(pictures)),
            "files_in_contents": await told(
                "lenet5", InferInput("image", [len(pictures)], "BYTES", pictures)
            ),
            "unknown": await refused(client, InferRequest("xyzzy", [raw])),
            "wrong": await refused(client, InferRequest("lenet5", [InferInput("image", [1], "FP64", [0.5])])),
        }


async def main(address: str, grpc_address: str, array: str, *paths: str) -> None:
    values, pictures = np.load(array), [content(path) for path in paths]
    told = {
        "rest": await rest(address, values, pictures),
        "grpc": await over_grpc(grpc_address, values, pictures),
    }
    sys.stdout.write(json.dumps(told))


def content(path: str) -> bytes:
    with open(path, "rb") as file:  # noqa: PTH123  as a stranger's script would
        return file.read()


logging.disable()
asyncio.run(main(*sys.argv[1:]))
