"""A real engine, the images that were built, and the stack that Compose brings up."""

import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from load import Load
from stack import ROOT, Stack


@pytest.fixture(scope="session")
def running() -> Iterator[Stack]:
    """Bring a stack up, and take it down with its volumes."""
    stack = Stack()
    # An engine that has run before may have the image of an older program, which Compose would take.
    stack.compose("build", "training")
    try:
        stack.up()
        yield stack
    finally:
        stack.compose("--profile", "training", "down", "--volumes", "--timeout", "5")


@pytest.fixture
def stack(running: Stack) -> Stack:
    """Give the stack, up and healthy whatever the test before did to it."""
    running.up()
    return running


@pytest.fixture(scope="session")
def seven() -> bytes:
    return (ROOT / "docs" / "seven.jpg").read_bytes()


@pytest.fixture(scope="session")
def largest_picture() -> bytes:
    """A black PNG of 16 million pixels, near the limit on them: 16 KB here, 16 MB there."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 4000, 4000, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        [chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(bytes(4001 * 4000))), chunk(b"IEND", b"")]
    )


@pytest.fixture
def load(stack: Stack, seven: bytes) -> Load:
    """Have clients for the stack."""
    return Load(stack.address, 8000, seven)


@pytest.fixture(scope="session")
def mnist() -> Path:
    """MNIST's file, wherever this machine keeps it."""
    places = [Path(os.environ.get("MNIST_PATH", "")), ROOT.parent / "shared" / "data" / "mnist.npz"]
    for place in places:
        if place.is_file():
            return place.resolve()
    pytest.skip("MNIST is not on this machine; name its file by MNIST_PATH")
