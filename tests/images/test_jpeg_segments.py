"""The frame that gives a JPEG's size is the one that is decoded, and what could hide another is refused."""

import io
import struct
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from PIL import Image

from service.errors import InvalidInputError
from service.images import headers, segments
from service.images.decoding import decode

Encode = Callable[..., bytes]
SOI, EOI = b"\xff\xd8", b"\xff\xd9"


def segment(marker: int, content: bytes = b"", *, length: int | None = None) -> bytes:
    """Write a segment, with the length that it has or another."""
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2 if length is None else length) + content


def frame(width: int, height: int, marker: int = 0xC0, *, components: int = 1, precision: int = 8) -> bytes:
    each = b"".join(bytes([component + 1, 0x11, 0]) for component in range(components))
    return segment(marker, struct.pack(">BHHB", precision, height, width, components) + each)


def scan(first: int = 0, last: int = 63, *, components: int = 1) -> bytes:
    """Begin a scan whose data is missing: decoders read zeros."""
    tables = b"".join(bytes([component + 1, 0]) for component in range(components))
    return segment(0xDA, bytes([components]) + tables + bytes([first, last, 0]))


def saved(size: tuple[int, int] = (28, 20), mode: str = "L", **options: Any) -> bytes:  # noqa: ANN401
    file = io.BytesIO()
    Image.new(mode, size, "grey").save(file, "JPEG", **options)
    return file.getvalue()


SMALL = saved()
AT = SMALL.index(b"\xff\xc0\0")
"""Where the frame of the small picture stands."""
TABLES, FRAME, REST = SMALL[:AT], frame(28, 20), SMALL[AT + len(frame(28, 20)) :]
HUGE = frame(30_000, 30_000)


def size_by_opencv(file: bytes) -> tuple[int, ...] | None:
    pixels = cv2.imdecode(np.frombuffer(file, np.uint8), cv2.IMREAD_COLOR_RGB)
    return None if pixels is None else pixels.shape[:2]


def is_refused(file: bytes) -> bool:
    """Tell whether it is, before the decoder sees it."""
    try:
        headers.read(file)
        segments.check(file)
    except InvalidInputError:
        return True
    return False


def test_the_pieces_of_these_tests_are_a_picture() -> None:
    assert TABLES + FRAME + REST == SMALL
    assert size_by_opencv(SMALL) == (20, 28)


GAPS = {
    "a zero after 0xff": b"\xff\0",
    "one more": b"\xff\xff\0",
    "a stray byte": b"\0",
    "stray bytes": b"ab",
    "TEM": b"\xff\x01",
    **{f"RST{number}": bytes([0xFF, 0xD0 + number]) for number in range(8)},
    **{f"reserved {marker:#x}": bytes([0xFF, marker]) for marker in (0x02, 0x7F, 0xBF, 0xF0, 0xFD)},
    "JPG": b"\xff\xc8",
    "DNL": b"\xff\xdc",
    "DHP": b"\xff\xde",
    "EXP": b"\xff\xdf",
    "SOI": SOI,
    "EOI": EOI,
    "fill bytes and a zero": b"\xff" * 9 + b"\0",
}
"""What may be no segment for a decoder."""


@pytest.mark.parametrize("gap", GAPS.values(), ids=GAPS)
@pytest.mark.parametrize("swallower", [0xFE, 0xE1, 0xDB, 0xC4])
@pytest.mark.parametrize("seen", ["first", "second"])
def test_no_second_frame_can_be_hidden(gap: bytes, swallower: int, seen: str) -> None:
    for outer, inner in ((HUGE, FRAME), (FRAME, HUGE)):
        # One reader takes the gap for a segment and passes over what follows it; another does not.
        if seen == "second":
            hidden = outer + segment(swallower, length=2 + len(inner))
            file = TABLES + gap + struct.pack(">H", 2 + len(hidden)) + hidden + inner + REST
        else:
            file = TABLES + gap + segment(swallower, outer) + inner + REST

        assert is_refused(file)


def test_a_length_that_reaches_into_the_next_segment_or_out_of_the_file_is_refused() -> None:
    for length in (0, 1, 3, 65_535):
        assert is_refused(TABLES + segment(0xFE, length=length) + FRAME + REST)
    assert is_refused(TABLES + segment(0xFE, length=2 + len(FRAME)) + FRAME + REST)
    assert is_refused(TABLES + segment(0xFE, b"abc", length=3) + FRAME + REST)


def test_a_second_frame_is_refused_wherever_it_stands() -> None:
    assert is_refused(TABLES + FRAME + HUGE + REST)
    assert is_refused(TABLES + FRAME + segment(0xFE, b"between") + HUGE + REST)
    several = frame(28, 20, 0xC2) + scan(0, 0) + b"\0" * 9
    assert is_refused(TABLES + several + HUGE + scan(1, 63) + EOI)


def test_a_file_without_a_frame_before_its_scan_is_refused() -> None:
    assert is_refused(TABLES + REST)
    assert is_refused(TABLES + EOI + FRAME + REST)
    assert is_refused(TABLES + FRAME + EOI)
    assert is_refused(TABLES + frame(28, 0) + REST)
    assert is_refused(TABLES + frame(28, 0) + REST.replace(EOI, segment(0xDC, b"\0\x14") + EOI))


@pytest.mark.parametrize("marker", [0xC3, 0xC5, 0xC6, 0xC7, 0xCB, 0xCD, 0xCE, 0xCF])
def test_a_frame_that_the_decoder_does_not_know_is_refused(marker: int) -> None:
    file = TABLES + frame(28, 20, marker) + REST

    assert size_by_opencv(file) is None
    assert is_refused(file)


@pytest.mark.parametrize("precision", [2, 12, 16])
def test_only_eight_bits_a_channel_are_taken(precision: int) -> None:
    file = TABLES + frame(28, 20, precision=precision) + REST

    assert size_by_opencv(file) is None
    assert is_refused(file)


@pytest.mark.parametrize(("marker", "last"), [(0xC0, 63), (0xC1, 63), (0xC2, 0), (0xC9, 63), (0xCA, 0)])
def test_a_frame_that_the_decoder_knows_is_taken(marker: int, last: int) -> None:
    file = TABLES + frame(28, 20, marker) + REST[: REST.index(b"\xff\xda")] + scan(0, last) + bytes(99) + EOI

    assert size_by_opencv(file) == (20, 28) == decode(file, headers.read(file)).shape


def test_fill_bytes_may_stand_before_every_marker() -> None:
    filled = SOI + b"\xff" * 100_000 + TABLES[2:] + b"\xff" * 3 + FRAME + b"\xff" + REST
    header = headers.read(filled)

    assert (header.width, header.height) == (28, 20)
    assert np.array_equal(decode(filled, header), np.asarray(Image.open(io.BytesIO(filled))))


def real_files() -> dict[str, bytes]:
    exif = Image.Exif()
    exif[0x010F] = "a maker"
    thumbnail = exif.tobytes() + saved((16, 12))
    second = {"save_all": True, "append_images": [Image.new("L", (640, 480))]}
    phone = io.BytesIO()
    Image.new("L", (28, 20)).save(phone, "MPO", **second)
    notes = b"".join(segment(0xE0 + number, bytes(60_000)) for number in range(1, 14))
    return {
        "comment with markers in it": saved(comment=b"\xff\xc0\xff\xda\xff\xd9" * 99),
        "thumbnail": saved(exif=thumbnail),
        "profile in several segments": saved(icc_profile=bytes(200_000)),
        "makers' notes": SOI + notes + SMALL[2:],
        "restarts": saved(restart_marker_blocks=1),
        "colour": saved(mode="RGB"),
        "four channels": saved(mode="CMYK"),
        "progressive": saved(mode="RGB", progressive=True),
        "progressive with restarts": saved(mode="RGB", progressive=True, restart_marker_blocks=1),
        "no tables of its own": saved(streamtype=0),
        "second picture after the first": phone.getvalue(),
        "bytes after its end": SMALL + b"\xff\xc0trailing\xff\xda\xff" * 999,
        "bytes after its end, progressive": saved(progressive=True) + segment(0xDA) * 999,
    }


@pytest.mark.parametrize(("name", "file"), real_files().items(), ids=real_files())
def test_what_cameras_and_encoders_write_is_read(name: str, file: bytes) -> None:
    header = headers.read(file)
    reference = np.asarray(Image.open(io.BytesIO(file)).convert("L" if header.grey else "RGB"), int)

    assert (header.height, header.width) == (20, 28), name
    assert np.abs(decode(file, header).astype(int) - reference).max() <= 6


def test_a_hundred_scans_are_taken_and_one_more_is_refused() -> None:
    tables = REST[: REST.index(b"\xff\xda")]
    for begin, one in (
        (frame(28, 20, 0xC2), scan(0, 0)),
        (frame(28, 20, 0xC2), scan(0, 0) + b"\x5a\xff\0\xff\xd3\x5a" + segment(0xDD, b"\0\0")),
        (frame(28, 20, components=3), scan()),
    ):
        file = TABLES + begin + tables + one * 100 + EOI

        assert size_by_opencv(file) == (20, 28) == decode(file, headers.read(file)).shape[:2]
        with pytest.raises(InvalidInputError, match="more than 100 scans"):
            segments.check(TABLES + begin + tables + one * 101 + EOI)


def test_scans_cannot_be_hidden_from_the_count() -> None:
    begin = TABLES + frame(28, 20, 0xC2) + REST[: REST.index(b"\xff\xda")] + scan(0, 0)
    for gap in (*GAPS.values(), segment(0x02), segment(0xFE, EOI) + b"\0"):
        if gap != EOI:
            # In the data of a scan zeros and restarts are none, so that a segment has to come before.
            assert is_refused(begin + segment(0xFE) + gap + scan(0, 0) * 65_535 + EOI)
    for content in (EOI, scan(0, 0) + EOI):
        assert is_refused(begin + segment(0xFE, content) + scan(0, 0) * 65_535 + EOI)


def test_a_frame_over_the_limits_is_told_whatever_follows_it() -> None:
    for rest in (b"", bytes(50), FRAME + REST, EOI):
        header = headers.read(TABLES + HUGE + rest)

        assert (header.width, header.height) == (30_000, 30_000)


def test_what_is_refused_is_not_decoded() -> None:
    for file in (TABLES + FRAME + HUGE + REST, TABLES + FRAME + b"\0" + REST, TABLES + FRAME + EOI):
        with pytest.raises(InvalidInputError, match="damaged segments"):
            decode(file, headers.read(file))


def test_a_file_of_very_many_segments_is_refused() -> None:
    assert not is_refused(SOI + segment(0xFE) * 900 + SMALL[2:])
    assert is_refused(SOI + segment(0xFE) * 2_000_000 + SMALL[2:])


PIECES = some.one_of(
    some.builds(segment, some.sampled_from([0xE2, 0xED, 0xFE]), some.binary(max_size=30)),
    some.builds(segment, some.integers(0, 255), some.binary(max_size=9)),
    some.builds(
        lambda marker, content, wrong: segment(marker, content, length=max(len(content) + 2 + wrong, 0)),
        some.sampled_from([0xFE, 0xE1, 0xDB, 0xC4, 0xDD, 0x01, 0xD0, 0x02]),
        some.binary(max_size=30),
        some.integers(-9, 40),
    ),
    some.builds(frame, some.integers(0, 99), some.integers(0, 99), some.integers(0xC0, 0xCF)),
    some.sampled_from([*GAPS.values(), b"\xff", b"\xff\xff", SMALL, REST, scan()]),
    some.binary(max_size=4),
)


@given(some.lists(PIECES, max_size=4), some.lists(PIECES, max_size=3))
def test_whatever_stands_around_the_frame_opencv_decodes_what_the_header_says(
    before: list[bytes], after: list[bytes]
) -> None:
    file = TABLES + b"".join(before) + FRAME + b"".join(after) + REST
    if not is_refused(file):
        header = headers.read(file)

        assert size_by_opencv(file) in {None, (header.height, header.width)}
