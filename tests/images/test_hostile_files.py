"""Files that were made to be costly are refused before they cost anything."""

import io
import itertools
import struct
import zlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from PIL import Image

from service.errors import InvalidInputError
from service.images import headers
from service.images.decoding import decode

Encode = Callable[..., bytes]
Weigh = Callable[[Mapping[str, bytes]], dict[str, Any]]
LIMIT, SIDE = 16_800_000, 8_192
LITTLE = 24
"""MiB: what any file may cost, and a hundredth of what these would."""

SIGNATURE = b"\x89PNG\r\n\x1a\n"
END = b"\0\0\0\0IEND\xaeB`\x82"


def chunk(kind: bytes, content: bytes = b"") -> bytes:
    return struct.pack(">I", len(content)) + kind + content + zlib.crc32(kind + content).to_bytes(4, "big")


def ihdr(width: int, height: int, depth: int = 8, colour_type: int = 0, interlaced: int = 0) -> bytes:
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, interlaced))


def png(pixels: np.ndarray, *between: bytes, packed: bytes = b"") -> bytes:
    """Write ``(height, width)`` grey or ``(height, width, 3 or 4)`` colour, uint8 or uint16."""
    height, width, *channels = pixels.shape
    colour_type = {(): 0, (3,): 2, (4,): 6}[tuple(channels)]
    rows = pixels.astype(pixels.dtype.newbyteorder(">")).reshape(height, -1).view(np.uint8)
    packed = packed or zlib.compress(np.pad(rows, ((0, 0), (1, 0))).tobytes(), 1)
    header = ihdr(width, height, pixels.dtype.itemsize * 8, colour_type)
    return SIGNATURE + header + b"".join(between) + chunk(b"IDAT", packed) + END


def zeros(size: int, level: int = 9) -> bytes:
    """Pack so many zeros."""
    packer = zlib.compressobj(level)
    step = 2**20
    return b"".join([*(packer.compress(bytes(step)) for _ in range(size // step)), packer.flush()])


def riff(*chunks: bytes) -> bytes:
    content = b"WEBP" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(content)) + content


def part(kind: bytes, content: bytes) -> bytes:
    return kind + struct.pack("<I", len(content)) + content + bytes(len(content) % 2)


def canvas(width: int, height: int, flags: int = 0) -> bytes:
    sizes = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return part(b"VP8X", bytes([flags, 0, 0, 0]) + sizes)


def frame(width: int, height: int, picture: bytes) -> bytes:
    sizes = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return part(b"ANMF", bytes(6) + sizes + bytes(4) + picture[12:])


def gif(
    width: int, height: int, codes: bytes, bits: int = 2, *, screen: tuple[int, int] | None = None
) -> bytes:
    begin = (
        b"GIF89a" + struct.pack("<HHBBB", *(screen or (width, height)), 0x80, 0, 0) + bytes(3) + b"\xff" * 3
    )
    blocks = b"".join(
        bytes([len(codes[at : at + 255])]) + codes[at : at + 255] for at in range(0, len(codes), 255)
    )
    return begin + b"," + struct.pack("<HHHHB", 0, 0, width, height, 0) + bytes([bits]) + blocks + b"\0;"


def codes(*each: tuple[int, int]) -> bytes:
    """Pack numbers, each with its bits, from the lowest bit of a byte to its highest."""
    text = "".join(f"{value:0{bits}b}"[::-1] for value, bits in each)
    return bytes(int(text[at : at + 8][::-1], 2) for at in range(0, len(text), 8))


def bmp(width: int, height: int, content: bytes, *, size: int = 40) -> bytes:
    """Write a BMP of runs of grey."""
    palette = b"".join(bytes([level, level, level, 0]) for level in range(256))
    header = struct.pack("<IiiHHIIiiII", size, width, height, 1, 8, 1, 0, 0, 0, 0, 0)
    offset = 14 + len(header) + len(palette)
    return b"BM" + struct.pack("<IHHI", 0, 0, 0, offset) + header + palette + content


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:  # noqa: ANN401
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def lies() -> dict[str, bytes]:
    """Say 28x28 where a reader of headers looks, and 4,000x4,000 elsewhere."""
    large = Image.new("L", (4_000, 4_000))
    rows = chunk(b"IDAT", zeros(4_001 * 4_000))
    lossless, lossy = saved(large, "WEBP", lossless=True), saved(large, "WEBP")
    animated = canvas(28, 28, 2), part(b"ANIM", bytes(6))
    packed = codes((4, 3), (0, 3), (5, 3))
    return {
        "png: second header": SIGNATURE + ihdr(28, 28) + ihdr(4_000, 4_000) + rows + END,
        "png: second signature": SIGNATURE + ihdr(28, 28) + SIGNATURE + ihdr(4_000, 4_000) + rows + END,
        "png: longer header": SIGNATURE
        + chunk(b"IHDR", ihdr(28, 28)[8:21] + ihdr(4_000, 4_000)[8:21])
        + rows
        + END,
        "webp: small canvas": riff(canvas(28, 28), lossless[12:]),
        "webp: small canvas, lossy": riff(canvas(28, 28), lossy[12:]),
        "webp: two canvases": riff(canvas(28, 28), canvas(4_000, 4_000), lossless[12:]),
        "webp: chunk before": riff(part(b"EXIF", b"II*\0"), lossless[12:]),
        "webp: frame too large": riff(*animated, frame(4_000, 4_000, lossless)),
        "webp: frame not as it says": riff(*animated, frame(28, 28, lossless)),
        "webp: no frame": riff(canvas(28, 28, 2), lossless[12:]),
        "gif: frame too large": gif(4_000, 4_000, packed, screen=(28, 28)),
        "bmp: header of another size": bmp(28, 28, bytes(99), size=16),
        "bmp: width below zero": bmp(-28, 28, bytes(99)),
        "bmp: lowest height": bmp(28, -(2**31), bytes(99)),
    }


def test_a_header_that_lies_costs_no_more_than_what_it_says(weigh: Weigh) -> None:
    for name, cost in weigh(lies()).items():
        assert cost.result in {"InvalidInputError", "TooLargeError"}, name
        assert cost.mebibytes < LITTLE, name


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP"])
def test_pixels_of_another_size_than_the_header_said_are_refused(kind: str, encode: Encode) -> None:
    file = encode(Image.new("RGB", (30, 20)), kind)
    header = headers.read(file)

    assert decode(file, header).shape[:2] == (20, 30)
    for other in ({"width": 31}, {"height": 19}, {"width": 20}, {"width": 15, "height": 40}):
        with pytest.raises(InvalidInputError, match="damaged"):
            decode(file, header._replace(**other))


def of_every_format(width: int, height: int) -> dict[str, bytes]:
    one_bit = Image.new("1", (width, height))
    return {
        "png": saved(one_bit, "PNG"),
        "gif": saved(one_bit, "GIF"),
        "webp": saved(one_bit.convert("L"), "WEBP", lossless=True, method=0),
        "jpeg": saved(one_bit.convert("L"), "JPEG"),
        "progressive jpeg": saved(one_bit.convert("RGB"), "JPEG", progressive=True),
        "bmp": bmp(width, height, (b"\xff\1" * (width // 255) + bytes([width % 255, 1, 0, 0])) * height),
    }


def test_pictures_at_the_limit_are_taken_and_larger_ones_refused_by_their_header(weigh: Weigh) -> None:
    width, height = 4_096, LIMIT // 4_096
    taken = weigh(of_every_format(width, height))
    refused = weigh(
        of_every_format(width, height + 1) | {"long png": saved(Image.new("1", (1, SIDE + 1)), "PNG")}
    )

    for name, cost in taken.items():
        assert cost.result.startswith(f"({height}, {width}"), name
        assert cost.mebibytes < 256, name
    for name, cost in refused.items():
        assert (cost.stage, cost.result) == ("header", "TooLargeError"), name
        assert cost.mebibytes < LITTLE, name


def test_a_bomb_of_twenty_thousand_pixels_a_side_is_refused_by_its_header(weigh: Weigh) -> None:
    bomb = SIGNATURE + ihdr(20_000, 20_000, 1) + chunk(b"IDAT", zeros(20_000 * 2_501)) + END
    cost = weigh({"bomb": bomb})["bomb"]

    assert len(bomb) < 60_000
    assert (cost.stage, cost.result) == ("header", "TooLargeError")
    assert cost.mebibytes < LITTLE


def test_what_a_png_carries_besides_its_pixels_is_not_unpacked(weigh: Weigh) -> None:
    digit = np.arange(28 * 28, dtype=np.uint8).reshape(28, 28)
    much = zeros(2**28)
    files = {
        "text": png(digit, chunk(b"zTXt", b"Comment\0\0" + much)),
        "international text": png(digit, chunk(b"iTXt", b"Comment\0\1\0\0\0" + much)),
        "profile": png(digit, chunk(b"iCCP", b"profile\0\0" + much)),
    }

    for name, cost in weigh(files).items():
        assert cost.result == "(28, 28)", name
        assert cost.mebibytes < LITTLE, name
        assert np.array_equal(decode(files[name], headers.read(files[name])), digit)


def test_very_many_small_pieces_are_refused(weigh: Weigh) -> None:
    small = Image.new("L", (28, 28))
    files = {
        "png": png(np.zeros((28, 28), np.uint8), chunk(b"teXt") * 100_000),
        "png of empty data": png(np.zeros((28, 28), np.uint8), chunk(b"IDAT") * 100_000),
        "jpeg": b"\xff\xd8" + b"\xff\xfe\0\2" * 100_000 + saved(small, "JPEG")[2:],
        "gif": saved(small, "GIF")[:-1] + b"!\xfe" + b"\1x" * 1_000_000 + b"\0;",
    }
    costs = weigh(files)
    # These a decoder passes over in no time, and they stand behind the first frame.
    assert costs.pop("gif").result.startswith("(28, 28")

    for name, cost in costs.items():
        assert cost.result == "InvalidInputError", name
        assert cost.mebibytes < LITTLE, name


def test_data_behind_the_last_pixel_is_refused_when_unpacking_it_would_take_long() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (700, 800, 3), np.uint8)
    whole = png(noise)
    packer = zlib.compressobj(1)
    rows = packer.compress(np.pad(noise.reshape(700, -1), ((0, 0), (1, 0))).tobytes())
    behind = packer.compress(bytes(2**20)) + packer.flush()

    for harmless in (
        whole,
        png(noise, packed=rows + behind),
        saved(Image.fromarray(noise), "PNG", compress_level=0),
    ):
        assert np.array_equal(decode(harmless, headers.read(harmless)), noise)
    for pixels in (noise, np.zeros((28, 28), np.uint8)):
        costly = png(pixels, packed=zeros(2**28, level=1))
        with pytest.raises(InvalidInputError, match="more data than its pixels"):
            decode(costly, headers.read(costly))


def test_an_interlaced_png_of_noise_is_taken() -> None:
    """Adam7 by its definition (PNG specification, 8.2): first column and row of each pass, and its steps."""
    pixels = np.random.default_rng(0).integers(0, 256, (901, 803), np.uint8)
    passes = [
        (0, 0, 8, 8),
        (4, 0, 8, 8),
        (0, 4, 4, 8),
        (2, 0, 4, 4),
        (0, 2, 2, 4),
        (1, 0, 2, 2),
        (0, 1, 1, 2),
    ]
    rows = [np.pad(pixels[top::down, left::across], ((0, 0), (1, 0))) for left, top, across, down in passes]
    data = chunk(b"IDAT", zlib.compress(b"".join(row.tobytes() for row in rows), 1))
    file = SIGNATURE + ihdr(803, 901, interlaced=1) + data + END

    assert np.array_equal(decode(file, headers.read(file)), pixels)


def unpacked_gif(width: int, height: int, run: int) -> bytes:
    """Begin the codes anew after so many colours, as encoders do that pack nothing; of 16 colours."""
    colours = np.random.default_rng(0).integers(0, 2, width * height).tolist()
    begun = (
        [(16, 5), *((colour, 5) for colour in colours[at : at + run])] for at in range(0, len(colours), run)
    )
    return gif(width, height, codes(*itertools.chain.from_iterable(begun), (17, 5)), bits=4)


def test_a_gif_that_packs_nothing_is_taken_up_to_a_measure() -> None:
    for file in (unpacked_gif(300, 199, run=3), unpacked_gif(300, 600, run=14)):
        reference = np.asarray(Image.open(io.BytesIO(file)).convert("RGB"))

        assert np.array_equal(decode(file, headers.read(file)), reference)
    costly = unpacked_gif(3, 20_001, run=3)
    with pytest.raises(InvalidInputError, match="anew"):
        decode(costly, headers.read(costly))


def test_a_gif_that_begins_its_codes_anew_all_the_time_is_refused() -> None:
    clear, end, colour = (4, 3), (5, 3), (0, 3)
    for costly in ([clear] * 8, [clear, colour] * 4, [colour, end] * 4):
        file = gif(28, 28, codes(*costly) * 1_000_000)
        with pytest.raises(InvalidInputError, match="anew"):
            decode(file, headers.read(file))


def test_a_gif_of_noise_is_taken(encode: Encode) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (700, 800), np.uint8)
    file = encode(noise, "GIF")

    assert np.array_equal(decode(file, headers.read(file)), np.repeat(noise[..., None], 3, axis=-1))
    for length in (40_000, len(file) // 2, len(file) - 2):
        with pytest.raises(InvalidInputError):
            decode(file[:length], headers.read(file))


def test_a_gif_of_very_many_blocks_before_its_end_is_refused(encode: Encode) -> None:
    file = encode(np.zeros((20, 30), np.uint8), "GIF")
    at = file.index(b",")
    whole, costly = (
        file[:at] + b"!\xfe" + b"\1x" * number + b"\0" + file[at:] for number in (60_000, 70_000)
    )

    assert decode(whole, headers.read(whole)).shape == (20, 30, 3)
    with pytest.raises(InvalidInputError, match="too many blocks"):
        decode(costly, headers.read(costly))
