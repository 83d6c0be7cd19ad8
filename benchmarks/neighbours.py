"""What a client that asks 200 times a second notices of one that does its worst with what is allowed."""

import asyncio
import io
import json
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Any

import cv2
import numpy as np

from benchmarks import load, sent
from benchmarks.servers import service

RATE_PER_S = 200
SECONDS = 10
CONTROLS = 5
PATIENCE_S = 30
QUIET_ADDRESS = "127.0.0.2"
"""Where the client that asks steadily sends from: the other one, at 127.0.0.1, is another client."""

PROBE_S = 0.1


@dataclass(frozen=True)
class Abuse:
    """
    A request that is allowed, from more connections than anybody needs.

    Attributes:
        name: The row's name.
        connections: Each sends the request again when it has the answer.
        path: Where to post.
        content: The body.
        headers: Those that belong to it.
    """

    name: str
    connections: int
    path: str
    content: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Reading:
    """
    What the steady client saw.

    Attributes:
        name: Beside whom.
        p50_ms: Its median latency, from when each request was due.
        p99_ms: Latency that one in a hundred exceeds.
        lost: Requests without an answer of status 200.
        probe_ms: The slowest of the answers of ``/health/live``, asked ten times a second.
    """

    name: str
    p50_ms: float
    p99_ms: float
    lost: int
    probe_ms: float


def measure() -> list[Reading]:
    """Measure it alone, as the median of some runs, and then beside each abuse."""
    with service() as (_, address):
        port = int(address.rpartition(":")[2])
        alone = [asyncio.run(_steady("alone", port)) for _ in range(CONTROLS)]
        readings = [
            Reading(
                f"alone, median of {CONTROLS} runs",
                *(median(getattr(one, field) for one in alone) for field in ("p50_ms", "p99_ms")),
                lost=sum(one.lost for one in alone),
                probe_ms=median(one.probe_ms for one in alone),
            )
        ]
        for abuse in abuses():
            with _abusing(abuse, address):
                readings.append(asyncio.run(_steady(abuse.name, port)))
    return readings


def abuses() -> list[Abuse]:
    """Make the requests that cost most of those that are allowed."""
    small, usual = (sent.seven(kind).content for kind in (sent.FRAMED, sent.PHOTO))
    noise = np.random.default_rng(0).integers(0, 255, (3_000, 4_000), dtype=np.uint8)
    large = cv2.imencode(".jpg", cv2.GaussianBlur(noise, (0, 0), 4))[1].tobytes()
    layers = [{"type": "Input", "shape": [28, 28, 1]}]
    layers += [{"type": "Conv2D", "filters": 2, "kernel_size": [1, 1]}] * 28
    form = b"--a\r\nContent-Disposition: form-data; name=image; filename=a\r\n\r\n%b\r\n--a--\r\n" % (
        b"\r\n--" * 2_000_000
    )
    of_json = {"Content-Type": "application/json"}
    of_npy = {"Content-Type": "application/x-npy", "Accept": "application/x-npy"}
    ready = "/predict?preprocess=none"
    return [
        Abuse("448 x one small picture", 448, "/predict", small, {"Content-Type": "image/png"}),
        Abuse("200 x 64 ready images", 200, ready, _npy(np.zeros((64, 28, 28), np.uint8)), of_npy),
        Abuse("8 x 10,000 ready images", 8, ready, _npy(np.zeros((10_000, 28, 28), np.uint8)), of_npy),
        Abuse("400 x an architecture of 28 layers", 400, "/architecture", _json({"layers": layers}), of_json),
        Abuse("8 x 4 MB of JSON pixels", 8, "/predict", _json({"pixels": [[7] * 1_000] * 1_000}), of_json),
        Abuse("8 x a form of 8 MB, all beginnings of ends", 8, "/predict", form, _FORM),
        Abuse("8 x a photo of 800x600", 8, "/predict", usual, {"Content-Type": "image/jpeg"}),
        Abuse("8 x a photo of 12 megapixels", 8, "/predict", large, {"Content-Type": "image/jpeg"}),
        Abuse("8 x 8 MB that are no picture", 8, "/predict", b"a" * 8_000_000, {"Content-Type": "image/png"}),
        Abuse(
            "8 x a filter on 1,400x1,400",
            8,
            "/convolve?kernel=sobel_x",
            _npy(np.zeros((1_400, 1_400), np.float32)),
            of_npy,
        ),
    ]


_FORM = {"Content-Type": "multipart/form-data; boundary=a"}


@contextmanager
def _abusing(abuse: Abuse, address: str) -> Iterator[None]:
    """Send the requests from wrk meanwhile."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(abuse.content)
        file.flush()
        shape = ["-t1", f"-c{abuse.connections}", f"-d{SECONDS + 4}s", "-s", str(load.SCRIPT)]
        facts = [word for header in abuse.headers.items() for word in header]
        command = [load.program(), *shape, address + abuse.path, "--", file.name, *facts]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as wrk:
            time.sleep(2)
            yield
            wrk.wait()


async def _steady(name: str, port: int) -> Reading:
    """Ask at a fixed rate, whatever becomes of the answers; a connection that is free is used again."""
    body = sent.seven(sent.FRAMED).content
    head = (
        f"POST /predict HTTP/1.1\r\nHost: a\r\nContent-Type: image/png\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    client = _Client(port, head.encode() + body)
    began = time.perf_counter()
    probing = asyncio.create_task(_probe(port, began + SECONDS))
    asking = []
    for number in range(RATE_PER_S * SECONDS):
        due = began + number / RATE_PER_S
        await asyncio.sleep(max(0, due - time.perf_counter()))
        asking.append(asyncio.create_task(client.ask(due)))
    answers = await asyncio.gather(*asking)
    latencies = sorted(latency for latency, _ in answers)
    return Reading(
        name,
        p50_ms=1e3 * latencies[len(latencies) // 2],
        p99_ms=1e3 * latencies[len(latencies) * 99 // 100],
        lost=sum(not is_good for _, is_good in answers),
        probe_ms=1e3 * await probing,
    )


class _Client:
    def __init__(self, port: int, request: bytes) -> None:
        self._port = port
        self._request = request
        self._free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def ask(self, due: float) -> tuple[float, bool]:
        """Give the seconds since a request was due, and whether its answer was good."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                is_good = await self._answered()
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            is_good = False
        return time.perf_counter() - due, is_good

    async def _answered(self) -> bool:
        reader, writer = self._free.pop() if self._free else await _connection(self._port)
        writer.write(self._request)
        is_good = await _read(reader)
        self._free.append((reader, writer))
        return is_good


async def _probe(port: int, until: float) -> float:
    """Look at whether the service lives, each time on a new connection; give the seconds of the slowest."""
    slowest = 0.0
    while time.perf_counter() < until:
        started = time.perf_counter()
        reader, writer = await _connection(port)
        writer.write(b"GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n")
        await _read(reader)
        writer.close()
        slowest = max(slowest, time.perf_counter() - started)
        await asyncio.sleep(PROBE_S)
    return slowest


async def _connection(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", port, local_addr=(QUIET_ADDRESS, 0))


async def _read(reader: asyncio.StreamReader) -> bool:
    """Read an answer, and tell whether its status is 200."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    await reader.readexactly(int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0]))
    return head.startswith(b"http/1.1 200")


def _npy(values: np.ndarray[Any, Any]) -> bytes:
    file = io.BytesIO()
    np.save(file, values)
    return file.getvalue()


def _json(document: object) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()
