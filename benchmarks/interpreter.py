"""How long large JSON keeps others from the interpreter, from the body to what is computed on."""

import base64
import gc
import random
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from framing.mnist import SIZE_PX
from service.app import GC_THRESHOLD
from service.architecture.vocabulary import Architecture
from service.codecs import json, operands, pictures
from service.codecs.operands import Body
from service.errors import RequestError
from service.http.context import RequestContext
from service.http.endpoints import Call
from service.operations import OPERATIONS, signals
from service.server.messages import Head
from service.settings import Settings
from service.v2 import inputs, requests

LIMITS = Settings()
SIZE = LIMITS.max_json_bytes
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x1c\0\0\0\x1c\x08\0\0\0\0"
NAP_S = 1e-4
JSON = "application/json"


@dataclass(frozen=True)
class Reading:
    """
    A body, and what became of it; times are the least of several rounds.

    Attributes:
        path: Where it would be sent.
        name: What it has.
        longest_ms: The longest time for which another thread got no turn.
        total_ms: From the bytes to the pictures, the signal or the tensor, or to the refusal.
        outcome: Taken, or why not.
    """

    path: str
    name: str
    longest_ms: float
    total_ms: float
    outcome: str


def measure(rounds: int) -> list[Reading]:
    """Read every body so many times, as the service reads it when it has come."""
    found = []
    with _settled():
        for path, read in READERS.items():
            for name, body in BODIES[path]().items():
                longest_s, total_s, outcome = zip(
                    *(_measured(read, body) for _ in range(rounds)), strict=True
                )
                found.append(Reading(path, name, min(longest_s) * 1e3, min(total_s) * 1e3, outcome[0]))
    return found


@contextmanager
def _settled() -> Iterator[None]:
    """Set the collector as the service does when it has started, and turns as short as can be."""
    threshold, interval = gc.get_threshold(), sys.getswitchinterval()
    gc.collect()
    gc.freeze()
    gc.set_threshold(GC_THRESHOLD)
    # Who waits asks for its turn at once, not after 5 ms: what is left is what cannot be interrupted.
    sys.setswitchinterval(1e-5)
    try:
        yield
    finally:
        sys.setswitchinterval(interval)
        gc.set_threshold(*threshold)
        gc.unfreeze()


def _measured(read: Callable[[bytes], object], body: bytes) -> tuple[float, float, str]:
    """Read a body once; give the longest time without a turn, the whole time, and the outcome."""
    with _watched() as waits:
        started = time.perf_counter()
        try:
            found = read(body)
            outcome = "taken"
        except RequestError as error:
            found = None
            outcome = type(error).__name__.removesuffix("Error")
        total_s = time.perf_counter() - started
        # To let go of what was read is part of it.
        del found
    return max(waits), total_s, outcome


@contextmanager
def _watched() -> Iterator[list[float]]:
    """Give a list of how much longer than it should each nap of another thread takes meanwhile."""
    waits = [0.0]
    ended = threading.Event()

    def watch() -> None:
        while not ended.is_set():
            started = time.perf_counter()
            time.sleep(NAP_S)
            waits.append(time.perf_counter() - started - NAP_S)

    watcher = threading.Thread(target=watch)
    watcher.start()
    time.sleep(20 * NAP_S)
    waits.clear()
    try:
        yield waits
    finally:
        time.sleep(20 * NAP_S)
        ended.set()
        watcher.join()


def _predict(body: bytes) -> object:
    return pictures.read(JSON, body, LIMITS, size=SIZE_PX)


def _convolve(body: bytes) -> object:
    parameters = OPERATIONS["convolve"].parameters
    given = operands.parse(Body(body, JSON, {}), parameters.model_fields, LIMITS)
    validated = json.validated(given.parameters, parameters)
    return signals.of_numbers(given.numbers, validated.layout), validated


def _infer(body: bytes) -> object:
    fields = {b"content-type": JSON.encode()}
    head = Head("POST", "/", b"/", b"", list(fields.items()), fields)
    call = Call(RequestContext.of(fields), head, {}, body)
    return inputs.read(requests.read(call, LIMITS, only=inputs.one(SIZE_PX)).inputs, LIMITS, SIZE_PX)


def _architecture(body: bytes) -> object:
    return json.read(JSON, body, Architecture, LIMITS)


READERS: dict[str, Callable[[bytes], object]] = {
    "/predict": _predict,
    "/convolve": _convolve,
    "/v2/models/lenet5/infer": _infer,
    "/architecture": _architecture,
}


def _filled(before: bytes, item: bytes, after: bytes, separator: bytes = b",") -> bytes:
    """Repeat an item as often as a body has room for it."""
    number = (SIZE - len(before) - len(after)) // (len(item) + len(separator))
    return before + separator.join([item] * number) + after


def _list(items: list[bytes]) -> bytes:
    return b"[" + b",".join(items) + b"]"


def _of_predict() -> dict[str, bytes]:
    numbers = random.Random(0)  # noqa: S311  no secret
    row = _list([b"%d" % numbers.randrange(256) for _ in range(1_000)])
    digit = _list([_list([b"%d" % numbers.choice([0, 0, 0, 0, 255, 128]) for _ in range(28)])] * 28)
    picture = base64.b64encode(PNG + numbers.randbytes(SIZE // 64 // 4 * 3 - 200))
    large = base64.b64encode(PNG + numbers.randbytes(SIZE // 4 * 3 - 200))
    names = b",".join(b'"%x":1' % number for number in range(SIZE // 10))
    return {
        "a picture of 1,100 rows": _filled(b'{"pixels":[', row, b"]}"),
        "28x28 images": _filled(b'{"pixels":[', digit, b"]}"),
        "a flat list of whole numbers": _filled(b'{"pixels":[', b"7", b"]}"),
        "a million rows of one number": _filled(b'{"pixels":[', b"[1]", b"]}"),
        "the same, the last of two": _filled(b'{"pixels":[', b"[1]", b",[1,2]]}"),
        "whole numbers 30 lists deep": _filled(b'{"pixels":' + b"[" * 30, b"7", b"]" * 30 + b"}"),
        "whole numbers, a comma too much": _filled(b'{"pixels":[', b"7", b",]}"),
        "64 pictures in base64": b'{"images":[' + b",".join([b'"%b"' % picture] * 64) + b"]}",
        "a picture in base64": b'{"image":"%b"}' % large,
        "a text of escaped quotes": _filled(b'{"image":"', rb"\"", b'"}', b""),
        "a text of four scripts": _filled(b'{"image":"', "aé中😀".encode(), b'"}', b""),
        "a text that does not end": _filled(b'{"image":"', b"a", b"", b""),
        "white space": _filled(b'{"pixels":[[1', b" ", b",2]]}", b""),
        "line feeds and no more": _filled(b'{"pixels":[[1', b"\n", b"", b""),
        "a number": _filled(b'{"pixels":[[0.', b"1", b"]]}", b""),
        "nulls": _filled(b'{"pixels":[', b"null", b"]}"),
        "empty lists": _filled(b'{"pixels":[', b"[]", b"]}"),
        "empty objects": _filled(b'{"pixels":[', b"{}", b"]}"),
        "empty texts": _filled(b'{"images":[', b'""', b"]}"),
        "400,000 names": b"{%b}" % names,
        "one name, again and again": _filled(b"{", b'"a":1', b"}"),
        "opening brackets": b"[" * SIZE,
        "commas": b"[" + b"," * (SIZE - 1),
    }


def _of_convolve() -> dict[str, bytes]:
    numbers = random.Random(0)  # noqa: S311  no secret
    row = _list([repr(round(numbers.random(), 6)).encode() for _ in range(700)])
    kernel = b'],"kernel":%b}' % _list([_list([b"0.123"] * 31)] * 31)
    cells = b'{"input":[[1]],"kernel":[[1]],"explain":['
    unknown = b",".join(b'"%x":1' % number for number in range(9_000))
    return {
        "an image of floats": _filled(b'{"input":[', row, kernel),
        "a signal of floats": _filled(b'{"kernel":[1,2],"input":[', b"0.123456", b"]}"),
        "a signal of whole numbers": _filled(b'{"kernel":[1,2],"input":[', b"7", b"]}"),
        "cells to explain": _filled(cells, b"[0,0]", b"]}"),
        "a bias of lists": _filled(b'{"input":[[1]],"kernel":[[1]],"bias":[', b"[1]", b"]}"),
        "9,000 members that are unknown": b'{"input":[[1]],%b}' % unknown,
    }


def _of_infer() -> dict[str, bytes]:
    def tensor(shape: bytes, datatype: bytes = b"UINT8") -> bytes:
        return b'{"inputs":[{"name":"image","datatype":"%b","shape":%b,"data":[' % (datatype, shape)

    end = b"]}]}"
    column = _list([_list([_list([b"7"])] * 28)] * 28)
    # As many as fit; a number has two bytes, and in a list of its own four.
    flat = (SIZE - 1_000) // (2 * 784)
    nested = (SIZE - 1_000) // (len(column) + 1)
    return {
        "a flat tensor": tensor(b"[%d,28,28,1]" % flat) + b",".join([b"7"] * (flat * 784)) + end,
        "a nested tensor": tensor(b"[%d,28,28,1]" % nested) + b",".join([column] * nested) + end,
        "numbers for texts": _filled(tensor(b"[1]", b"BYTES"), b"7", end),
        "a shape of 9,000 nulls": tensor(_list([b"null"] * 9_000)) + end,
    }


def _of_architecture() -> dict[str, bytes]:
    flatten = b'{"type":"Flatten"}'
    return {
        "layers": _filled(b'{"layers":[', flatten, b"]}"),
        "numbers for layers": _filled(b'{"layers":[', b"7", b"]}"),
        "an input of 9,000 nulls": b'{"layers":[{"type":"Input","shape":%b},%b]}'
        % (_list([b"null"] * 9_000), flatten),
    }


BODIES: dict[str, Callable[[], dict[str, bytes]]] = {
    "/predict": _of_predict,
    "/convolve": _of_convolve,
    "/v2/models/lenet5/infer": _of_infer,
    "/architecture": _of_architecture,
}
