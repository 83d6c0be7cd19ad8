"""REST and gRPC under load: each call gets its own answer, and one that is cancelled leaves nothing."""

import asyncio
import re
import socket
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import tritonclient.grpc as triton_grpc
import tritonclient.grpc.aio as triton_grpc_aio
import tritonclient.http as triton_http
import tritonclient.http.aio as triton_http_aio

CALLS = 20_000
CLIENTS = 32
LEAVES = 16
"""One call of so many is cancelled."""


def measured(address: str, name: str) -> float:
    with urllib.request.urlopen(f"{address}/metrics") as answer:
        (value,) = re.findall(rf"^{name} (\S+)$", answer.read().decode(), re.MULTILINE)
    return float(value)


def test_20000_mixed_calls_are_answered_as_alone_though_some_are_cancelled(
    known: dict[str, np.ndarray], serve: Callable[..., str]
) -> None:
    images, alone = known["image"], known["logits"]
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    # The machine may be busy with other tests: what waits here is not told that it waits too long.
    patience = {"LENET_MAX_QUEUE_S": "60", "LENET_QUEUE_DEADLINE_S": "60"}
    address = serve(LENET_GRPC_PORT=str(port), LENET_DEVICE="cpu", LENET_CLIENT_SHARE="1", **patience)
    answered: Counter[str] = Counter()
    largest: list[float] = []

    async def work(
        kind: str,
        infer: Callable[..., Any],  # they have no type in common
        tensor: Callable[..., Any],
        numbers: Iterable[int],
    ) -> None:
        for number in numbers:
            first = number * 7 % 1_990
            count = 1 + number % 10
            image = tensor("image", [count, 28, 28, 1], "UINT8").set_data_from_numpy(
                images[first : first + count]
            )
            call = asyncio.ensure_future(infer("lenet5", [image], request_id=str(number)))
            if number % LEAVES == 0:
                await asyncio.sleep(0.001 * (number % 5))
                call.cancel()
            try:
                result = await call
            except asyncio.CancelledError:
                answered["cancelled"] += 1
                continue
            response = result.get_response()
            told = response["id"] if kind == "rest" else response.id
            assert told == str(number)
            largest.append(np.abs(result.as_numpy("logits") - alone[first : first + count]).max())
            answered[kind] += 1

    async def everything() -> None:
        numbers = iter(range(CALLS))
        rest = triton_http_aio.InferenceServerClient(address.removeprefix("http://"), conn_limit=CLIENTS)
        async with rest, triton_grpc_aio.InferenceServerClient(f"127.0.0.1:{port}") as over_grpc:
            await asyncio.gather(
                *(work("rest", rest.infer, triton_http.InferInput, numbers) for _ in range(CLIENTS // 2)),
                *(
                    work("grpc", over_grpc.infer, triton_grpc.InferInput, numbers)
                    for _ in range(CLIENTS // 2)
                ),
            )

    asyncio.run(everything())

    assert answered.total() == CALLS
    assert min(answered.values()) > CALLS / LEAVES / 4
    assert max(largest) < 1e-3
    for name in ("lenet_requests_in_flight", "lenet_in_flight_bytes", "lenet_queue_images"):
        until = time.monotonic() + 10
        while measured(address, name):
            assert time.monotonic() < until, name
