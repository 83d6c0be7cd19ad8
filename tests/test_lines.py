"""Lines reach a reader whole, whatever he does, and hold up nobody when he does nothing."""

import os
import time
from collections.abc import Iterator

import pytest

from service.lines import Lines

LINES = [b"%06d %s\n" % (number, b"x" * (number % 300)) for number in range(5_000)]


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reading, writing = os.pipe()
    yield reading, writing
    os.close(reading)


def received(reading: int, until: bytes) -> bytes:
    """Read, with pauses, until the last line has come."""
    data = b""
    deadline = time.monotonic() + 20
    while not data.endswith(until) and time.monotonic() < deadline:
        data += os.read(reading, 3_000)
    return data


@pytest.mark.parametrize("blocks", [True, False], ids=["blocking", "non-blocking"])
@pytest.mark.parametrize("is_shared", [True, False], ids=["shared", "alone"])
def test_every_line_arrives_whole_and_in_order(
    pipe: tuple[int, int], *, blocks: bool, is_shared: bool
) -> None:
    reading, writing = pipe
    os.set_blocking(writing, blocks)
    with os.fdopen(writing, "w") as stream:
        lines = Lines(stream, len(LINES), is_shared=is_shared)
        for line in LINES:
            lines.write(line)

        assert received(reading, LINES[-1]) == b"".join(LINES)
        assert lines.dropped == 0


@pytest.mark.parametrize("blocks", [True, False], ids=["blocking", "non-blocking"])
def test_what_nobody_reads_is_left_after_a_while(pipe: tuple[int, int], *, blocks: bool) -> None:
    reading, writing = pipe
    os.set_blocking(writing, blocks)
    with os.fdopen(writing, "w") as stream:
        lines = Lines(stream, len(LINES), is_shared=False)
        for line in LINES:
            lines.write(line)
        began = time.monotonic()
        lines.flush()

        assert time.monotonic() - began < 5
        # The thread goes on with a reader.
        received(reading, LINES[-1])


def test_lines_beyond_the_limit_are_counted(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    with os.fdopen(writing, "w") as stream:
        lines = Lines(stream, 10, is_shared=False)
        for line in LINES[:25]:
            lines.write(line)

        assert lines.dropped == 15
        assert received(reading, LINES[9]) == b"".join(LINES[:10])
