"""
The same pictures over gRPC and over HTTP, by one client that speaks both: Triton's for Python.

It runs in a process of its own. The ways take turns (A B C A B C ...) with each picture, against one
running service.
"""

import asyncio
import base64
import io
import json
import math
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import aiohttp
import numpy as np
import numpy.typing as npt
import tritonclient.grpc as triton_grpc
import tritonclient.grpc.aio as triton_grpc_aio
import tritonclient.http as triton_http
import tritonclient.http.aio as triton_http_aio
from tritonclient.utils import InferenceServerException

from benchmarks import processes, sent
from benchmarks.errors import UnavailableError
from benchmarks.load import CONNECTIONS
from benchmarks.servers import QUIET, answers, started
from benchmarks.serving import WARM_UP_S, medians
from benchmarks.tables import table

MODEL, OUTPUT = "lenet5", "probabilities"
BATCH = 64
GRPC = "gRPC"
HOW = """\
The drawn seven, {connections} requests at a time from Triton's client for Python, in closed loop: over gRPC
on one connection, over HTTP on {connections}; `/predict` is asked by aiohttp, which that client is made with.
{seconds} s after a warm-up of {warm_up} s; medians of {rounds} rounds, the ways taking turns. The client is
a process beside the service: where a request takes more of a processor there, the rate is the client's.
"""
HEAD = (
    "picture",
    "way",
    "requests/s",
    "p99 ms",
    "CPU us/request",
    "the client's",
    "errors",
    "gRPC's rate to it",
    "gRPC's CPU to it",
)

Picture = npt.NDArray[Any]
"""Ready images as ``(number, 28, 28, 1)`` uint8, or files as ``(1,)`` of bytes."""

Ask = Callable[[], Awaitable[npt.NDArray[np.float32]]]
"""Sends a request; gives the probabilities as ``(number, 10)``."""


@dataclass(frozen=True)
class Addresses:
    """Where the service speaks, without a scheme."""

    http: str
    grpc: str


@dataclass(frozen=True)
class Turn:
    """
    One way and one picture under closed loop: of one turn, or medians over turns.

    Attributes:
        per_s: Answers per second.
        p99_ms: Latency that one in a hundred exceeds.
        cpu_us: Processor time of the service per request, microseconds.
        client_us: That of the client.
        errors: Refused requests.
    """

    per_s: float
    p99_ms: float
    cpu_us: float
    client_us: float
    errors: float


def pictures() -> dict[str, Picture]:
    """Give what is sent, by its name in the table: the same drawn seven in each."""
    image = sent.golden()[0][sent.DIGIT][None, ..., None]
    files = {
        name: sent.seven(kind).content for name, kind in (("28x28", sent.FRAMED), ("280x280", sent.CANVAS))
    }
    return {
        "28x28 ready image": image,
        "the same as a PNG": np.array([files["28x28"]], object),
        "280x280 canvas, PNG": np.array([files["280x280"]], object),
        f"{BATCH} ready images": np.repeat(image, BATCH, axis=0),
    }


@asynccontextmanager
async def _grpc(addresses: Addresses, picture: Picture) -> AsyncIterator[Ask]:
    image = triton_grpc.InferInput("image", picture.shape, _datatype(picture)).set_data_from_numpy(picture)
    wanted = [triton_grpc.InferRequestedOutput(OUTPUT)]
    async with triton_grpc_aio.InferenceServerClient(addresses.grpc) as client:

        async def ask() -> npt.NDArray[np.float32]:
            return (await client.infer(MODEL, [image], outputs=wanted)).as_numpy(OUTPUT)

        yield ask


@asynccontextmanager
async def _v2(addresses: Addresses, picture: Picture, *, binary: bool) -> AsyncIterator[Ask]:
    if not binary and picture.dtype == object:
        picture = np.array([base64.b64encode(file).decode() for file in picture], object)
    image = triton_http.InferInput("image", picture.shape, _datatype(picture))
    image.set_data_from_numpy(picture, binary_data=binary)
    wanted = [triton_http.InferRequestedOutput(OUTPUT, binary_data=binary)]
    async with triton_http_aio.InferenceServerClient(addresses.http, conn_limit=CONNECTIONS) as client:

        async def ask() -> npt.NDArray[np.float32]:
            return (await client.infer(MODEL, [image], outputs=wanted)).as_numpy(OUTPUT)

        yield ask


@asynccontextmanager
async def _predict(addresses: Addresses, picture: Picture) -> AsyncIterator[Ask]:
    body, kind = _posted(picture)
    address, headers = f"http://{addresses.http}/predict", {"Content-Type": kind}
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=CONNECTIONS)) as client:

        async def ask() -> npt.NDArray[np.float32]:
            async with client.post(address, data=body, headers=headers, raise_for_status=True) as answer:
                predictions = json.loads(await answer.read())["predictions"]
            return np.array([one["probabilities"] for one in predictions], np.float32)

        yield ask


WAYS = {
    GRPC: _grpc,
    "HTTP, `/v2`, binary": partial(_v2, binary=True),
    "HTTP, `/v2`, JSON": partial(_v2, binary=False),
    "HTTP, `/predict`": _predict,
}


def section(*, rounds: int, seconds: int) -> str:
    """Measure, and write what was found."""
    how = HOW.format(connections=CONNECTIONS, seconds=seconds, warm_up=WARM_UP_S, rounds=rounds)
    return f"{how}\n{write(measure(rounds=rounds, seconds=seconds))}"


def measure(*, rounds: int, seconds: int) -> dict[tuple[str, str], Turn]:
    """
    Measure every picture in every way.

    Raises:
        UnavailableError: The service was not ready, or a request went wrong.
    """
    turns: dict[tuple[str, str], list[Turn]] = {}
    variables = {**QUIET, "LENET_PORT": "{port}", "LENET_GRPC_PORT": "{second_port}"}
    with started(
        [sys.executable, "-m", "service"], variables, lambda address: answers(f"{address}/health/ready")
    ) as running:
        where = [f"127.0.0.1:{running.ports[name]}" for name in ("port", "second_port")]
        for number in range(rounds):
            print(f"round {number + 1} of {rounds}", file=sys.stderr)
            for picture in pictures():
                for way in WAYS:
                    asked = [picture, way, *where, str(running.process.pid), str(seconds)]
                    turns.setdefault((picture, way), []).append(_client(asked))
    return {key: medians(found) for key, found in turns.items()}


def write(found: Mapping[tuple[str, str], Turn]) -> str:
    """Write the table of what was found."""
    return table(
        HEAD,
        *(
            (
                picture,
                way,
                f"{turn.per_s:,.0f}",
                f"{turn.p99_ms:.1f}",
                f"{turn.cpu_us:,.0f}",
                f"{turn.client_us:,.0f}",
                f"{turn.errors:.0f}",
                f"{found[picture, GRPC].per_s / turn.per_s:.2f}",
                f"{found[picture, GRPC].cpu_us / turn.cpu_us:.2f}",
            )
            for (picture, way), turn in found.items()
        ),
    )


def _client(asked: Sequence[str]) -> Turn:
    command = [sys.executable, "-m", "benchmarks.protocols", *asked]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        message = f"{asked[1]}: {(done.stderr.strip().splitlines() or ['no word why'])[-1]}"
        raise UnavailableError(message)
    return Turn(**json.loads(done.stdout))


async def _load(picture: str, way: str, addresses: Addresses, pid: int, seconds: int) -> Turn:
    """Measure one turn, in the client's process."""
    latencies: list[float] = []
    errors = 0

    async def connection(ask: Ask, until: float) -> None:
        nonlocal errors
        while (begun := time.perf_counter()) < until:
            try:
                await ask()
            except (InferenceServerException, aiohttp.ClientResponseError):
                errors += 1
            else:
                latencies.append(time.perf_counter() - begun)

    async def run(ask: Ask, length_s: float) -> None:
        until = time.perf_counter() + length_s
        await asyncio.gather(*(connection(ask, until) for _ in range(CONNECTIONS)))

    async with WAYS[way](addresses, pictures()[picture]) as ask:
        if {*(await ask()).argmax(axis=1)} != {sent.DIGIT}:
            message = "the answer is wrong"
            raise UnavailableError(message)
        await run(ask, WARM_UP_S)
        latencies.clear()
        errors = 0
        before = time.perf_counter(), processes.cpu_s(pid), time.process_time()
        await run(ask, seconds)
        after = time.perf_counter(), processes.cpu_s(pid), time.process_time()
    length_s, service_s, client_s = (end - start for start, end in zip(before, after, strict=True))
    number = max(1, len(latencies))
    return Turn(
        per_s=len(latencies) / length_s,
        p99_ms=float(np.percentile(latencies or [math.nan], 99)) * 1e3,
        cpu_us=service_s / number * 1e6,
        client_us=client_s / number * 1e6,
        errors=errors,
    )


def _datatype(picture: Picture) -> str:
    return "BYTES" if picture.dtype == object else "UINT8"


def _posted(picture: Picture) -> tuple[bytes, str]:
    """Give the body of ``/predict`` and its type."""
    if picture.dtype == object:
        (file,) = picture
        return file, "image/png"
    body = io.BytesIO()
    np.save(body, picture[..., 0])
    return body.getvalue(), "application/x-npy"


if __name__ == "__main__":
    name, way, http, grpc, pid, seconds = sys.argv[1:]
    turn = asyncio.run(_load(name, way, Addresses(http, grpc), int(pid), int(seconds)))
    print(json.dumps(asdict(turn)))
