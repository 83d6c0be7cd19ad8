"""Drives a service by KServe's client, in the environment that has it; prints what came back as JSON."""

import asyncio
import json
import logging
import sys
from typing import Any

import httpx
import numpy as np
from kserve import InferenceRESTClient, InferInput, InferRequest, RESTConfig
from kserve.protocol.infer_type import RequestedOutput


def images(values: np.ndarray, *, binary: bool) -> InferInput:
    given = InferInput("image", list(values.shape), "UINT8")
    given.set_data_from_numpy(values, binary_data=binary)
    return given


def files(paths: list[str]) -> InferInput:
    array = np.empty(len(paths), object)
    for index, path in enumerate(paths):
        with open(path, "rb") as file:  # noqa: PTH123  as a stranger's script would
            array[index] = file.read()
    given = InferInput("image", [len(paths)], "BYTES")
    given.set_data_from_numpy(array)
    return given


async def ask(client: InferenceRESTClient, address: str, model: str, request: InferRequest) -> dict[str, Any]:
    answer = await client.infer(address, request, model_name=model)
    return {
        "id": answer.id,
        "model": answer.model_name,
        "outputs": {output.name: output.as_numpy().tolist() for output in answer.outputs},
    }


async def fails(
    client: InferenceRESTClient, address: str, model: str, request: InferRequest
) -> dict[str, Any]:
    try:
        await client.infer(address, request, model_name=model)
    except httpx.HTTPStatusError as error:
        return {"status": error.response.status_code, "message": str(error)}
    return {}


async def main(address: str, array: str, *paths: str) -> None:
    values = np.load(array)
    outputs = [RequestedOutput("conv2d_1", {"binary_data": True}), RequestedOutput("dense_2")]
    async with InferenceRESTClient(RESTConfig(protocol="v2")) as client:
        told = {
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
            "files": await ask(client, address, "lenet5", InferRequest("lenet5", [files(list(paths))])),
            "unknown": await fails(
                client, address, "xyzzy", InferRequest("xyzzy", [images(values, binary=True)])
            ),
            "wrong": await fails(
                client, address, "lenet5", InferRequest("lenet5", [InferInput("image", [1], "FP64", [0.5])])
            ),
        }
    sys.stdout.write(json.dumps(told))


logging.disable()
asyncio.run(main(*sys.argv[1:]))
