"""Decoded pixels are those of Pillow: every mode, every orientation; damage is an error, never a crash."""

import io
import zlib
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageOps

from service.errors import InvalidInputError, RequestError, TooLargeError
from service.images import headers
from service.images.decoding import PixelLimits, decode
from service.images.pictures import of_files

Encode = Callable[..., bytes]
RANDOM = np.random.default_rng(0)
COLOURS = RANDOM.integers(0, 256, (19, 13, 4), np.uint8)
SMOOTH = np.stack(
    [np.add.outer(np.arange(48) * 4, np.arange(32) * 2), np.add.outer(np.arange(48), np.arange(32) * 5)] * 2,
    -1,
).astype(np.uint8)


def decoded(data: bytes) -> np.ndarray:
    return decode(data, headers.read(data))


def on_white(image: Image.Image) -> np.ndarray:
    """Composite with Pillow, in RGB."""
    colour = image.convert("RGBA")
    white = Image.new("RGBA", image.size, "white")
    return np.asarray(Image.alpha_composite(white, colour).convert("RGB"))


def in_colour(pixels: np.ndarray) -> np.ndarray:
    return pixels if pixels.ndim == 3 else np.repeat(pixels[..., None], 3, axis=-1)


def with_mode(mode: str) -> Image.Image:
    image = Image.fromarray(COLOURS)
    if mode in {"LA", "RGBA"}:
        return image.convert(mode)
    return image.convert("RGB").convert(mode)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_a_png_of_every_mode_is_decoded_on_white(mode: str, encode: Encode) -> None:
    image = with_mode(mode)

    assert np.abs(in_colour(decoded(encode(image))).astype(int) - on_white(image)).max() <= 1


def test_opaque_pixels_are_decoded_exactly(encode: Encode) -> None:
    image = with_mode("RGB")

    for kind, options in (("PNG", {}), ("BMP", {}), ("WEBP", {"lossless": True})):
        assert np.array_equal(decoded(encode(image, kind, **options)), np.asarray(image))


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_a_png_of_few_bits_a_pixel_is_spread_over_all_levels(bits: int, encode: Encode) -> None:
    levels = (np.arange(2**bits) * (255 // (2**bits - 1))).astype(np.uint8)
    image = Image.fromarray(np.tile(levels, (3, 1)))
    file = encode(
        image.convert("1", dither=Image.Dither.NONE) if bits == 1 else image.quantize(2**bits), bits=bits
    )

    assert np.array_equal(in_colour(decoded(file))[..., 0], np.asarray(image))


def test_a_palette_with_transparency_is_resolved_on_white(encode: Encode) -> None:
    image = with_mode("RGB").quantize(8)

    for transparency in (3, bytes([0, 255, 128, 7, 255, 0, 64, 200])):
        file = encode(image, transparency=transparency)
        reference = on_white(Image.open(io.BytesIO(file)))

        assert np.abs(decoded(file).astype(int) - reference).max() <= 1


def test_one_transparent_level_of_a_grey_or_colour_png_becomes_white(encode: Encode) -> None:
    grey = Image.fromarray(np.tile(np.arange(0, 250, 10, np.uint8), (4, 1)))
    deep = Image.fromarray(np.tile(np.arange(0, 65_000, 1_000, np.uint16), (4, 1)))
    assert np.array_equal(decoded(encode(deep, transparency=50_000))[0, 49:52], [191, 255, 198])
    for image, transparency in ((grey, 50), (grey.convert("RGB"), (50, 50, 50))):
        file = encode(image, transparency=transparency)

        assert np.array_equal(in_colour(decoded(file)), on_white(Image.open(io.BytesIO(file))))


def test_sixteen_bits_are_scaled_to_eight(encode: Encode) -> None:
    levels = np.array([[0, 1, 128, 129, 257, 32_767, 32_768, 65_406, 65_407, 65_535]], np.uint16)
    pixels = decoded(encode(Image.fromarray(levels)))

    assert np.array_equal(pixels, np.rint(levels / 257).astype(np.uint8))


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_is_decoded_as_by_pillow(mode: str, progressive: bool, encode: Encode) -> None:  # noqa: FBT001
    image = Image.fromarray(SMOOTH[..., :3]).convert("RGB").convert(mode)
    file = encode(image, "JPEG", quality=95, progressive=progressive)
    reference = np.asarray(Image.open(io.BytesIO(file)).convert("L" if mode == "L" else "RGB"), int)
    difference = np.abs(decoded(file).astype(int) - reference)

    assert decoded(file).ndim == (2 if mode == "L" else 3)
    assert difference.mean() < 1.5
    assert difference.max() <= 6


def test_a_lossy_webp_is_decoded_as_by_pillow(encode: Encode) -> None:
    for image in (Image.fromarray(SMOOTH[..., :3]), Image.fromarray(SMOOTH)):
        file = encode(image, "WEBP", quality=95)
        difference = np.abs(decoded(file).astype(int) - on_white(Image.open(io.BytesIO(file))))

        assert difference.max() <= 3


def test_a_gif_is_decoded_on_white(encode: Encode) -> None:
    image = with_mode("RGB").quantize(16)

    for options in ({}, {"transparency": 2}, {"interlace": 1}):
        file = encode(image, "GIF", **options)

        assert np.array_equal(decoded(file), on_white(Image.open(io.BytesIO(file))))


def test_a_bmp_with_the_top_row_first_is_not_turned_over(encode: Encode) -> None:
    image = with_mode("RGB")
    bottom_first = bytearray(encode(image, "BMP"))
    height = int.from_bytes(bottom_first[22:26], "little")
    bottom_first[22:26] = (2**32 - height).to_bytes(4, "little")

    assert np.array_equal(decoded(bytes(bottom_first)), np.asarray(image)[::-1])


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("byte_order", ["<", ">"])
def test_a_picture_is_seen_upright(kind: str, orientation: int, byte_order: str, encode: Encode) -> None:
    exif = Image.Exif()
    exif.endian = byte_order
    exif[0x010E] = "a description before the orientation"
    exif[0x0112] = orientation
    options = (
        {"quality": 100, "subsampling": 0} if kind == "JPEG" else {"lossless": True} if kind == "WEBP" else {}
    )
    file = encode(Image.fromarray(SMOOTH[..., :3]), kind, exif=exif.tobytes(), **options)
    reference = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(file))).convert("RGB"), int)

    assert decoded(file).shape == reference.shape
    assert np.abs(decoded(file).astype(int) - reference).max() <= (6 if kind == "JPEG" else 0)


@pytest.mark.parametrize(
    "exif",
    [
        b"",
        b"II",
        b"II*\0\xff\xff\xff\xff",
        b"MM\0*\0\0\0\x08\xff\xff" + bytes(30),
        b"XX*\0\x08\0\0\0",
        b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x09\0\0\0" + bytes(4),
        b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\xff\xff\0\0" + bytes(4),
    ],
    ids=repr,
)
def test_nonsense_for_an_orientation_turns_nothing(exif: bytes, encode: Encode) -> None:
    image = with_mode("RGB")
    plain = np.asarray(image)
    chunk = b"eXIf" + exif
    whole = encode(image)
    forged = (
        whole[:33] + len(exif).to_bytes(4, "big") + chunk + zlib.crc32(chunk).to_bytes(4, "big") + whole[33:]
    )

    assert np.array_equal(decoded(forged), plain)


def test_a_picture_that_holds_the_word_exif_is_decoded_all_the_same(encode: Encode) -> None:
    file = encode(with_mode("RGB"))

    assert np.array_equal(decoded(file + b"eXIf EXIF"), decoded(file))


ANIMATED = {"save_all": True, "append_images": [Image.fromarray(255 - SMOOTH[..., :3])], "duration": 50}
FILES = {
    "png": ("PNG", {}),
    "jpeg": ("JPEG", {}),
    "progressive": ("JPEG", {"progressive": True}),
    "webp": ("WEBP", {}),
    "lossless": ("WEBP", {"lossless": True}),
    "bmp": ("BMP", {}),
    "gif": ("GIF", {}),
    "animated png": ("PNG", ANIMATED),
    "animated gif": ("GIF", ANIMATED),
    "animated webp": ("WEBP", ANIMATED),
}


def outcome(data: bytes) -> str:
    """Take a file as a request does; any other error than a refusal fails the test."""
    try:
        of_files([("#", data)], limits=PixelLimits(100_000, 1_000), total=100_000).decode()
    except RequestError as error:
        return type(error).__name__
    return "decoded"


@pytest.mark.parametrize("name", FILES)
def test_a_file_cut_off_anywhere_is_decoded_or_refused(name: str, encode: Encode) -> None:
    kind, options = FILES[name]
    file = encode(Image.fromarray(SMOOTH[..., :3]), kind, **options)
    found = {outcome(file[:length]) for length in range(0, len(file), min(64, len(file) // 20))}

    assert found <= {"decoded", "InvalidInputError", "MediaTypeError"}
    assert "InvalidInputError" in found


@pytest.mark.parametrize("name", FILES)
def test_a_file_with_any_byte_changed_is_decoded_or_refused(name: str, encode: Encode) -> None:
    kind, options = FILES[name]
    file = encode(Image.fromarray(SMOOTH[..., :3]), kind, exif=Image.Exif().tobytes(), **options)
    random = np.random.default_rng(1)
    positions = np.concatenate([np.arange(min(len(file), 300)), random.integers(len(file), size=700)])
    found = set()
    for position, value in zip(positions, random.integers(256, size=1000), strict=False):
        changed = bytearray(file)
        changed[position] = value
        found.add(outcome(bytes(changed)))

    assert found <= {"decoded", "InvalidInputError", "MediaTypeError", "TooLargeError"}
    assert "decoded" in found


@pytest.mark.parametrize("name", FILES)
def test_what_the_header_says_is_what_is_decoded(name: str, encode: Encode) -> None:
    kind, options = FILES[name]
    file = encode(Image.fromarray(SMOOTH[..., :3]), kind, **options)
    header = headers.read(file)

    assert decoded(file).shape[:2] == (header.height, header.width)


def test_a_picture_at_the_limit_is_taken_and_one_pixel_more_is_refused() -> None:
    limits = PixelLimits(pixels=1_000, side=100)
    limits.check(10, 100)
    limits.check(100, 10)

    for size in ((10, 101), (101, 1), (1, 101), (37, 28)):
        with pytest.raises(TooLargeError, match=f"{size[1]}x{size[0]}"):
            limits.check(*size)


def test_a_file_that_opencv_cannot_read_at_all_is_damaged() -> None:
    data = b"\xff\xd8\xff\xc0\x00\x11\x08\x00\x10\x00\x10\x03" + bytes(9) + b"\xff\xd9"

    with pytest.raises(InvalidInputError, match="damaged"):
        decoded(data)


def test_a_png_chunk_that_claims_gigabytes_is_refused_at_once(encode: Encode) -> None:
    whole = encode(with_mode("RGB"))
    position = whole.index(b"IDAT") - 4
    forged = whole[:position] + b"\xf0" + whole[position + 1 :]

    with pytest.raises(InvalidInputError, match="chunks"):
        decoded(forged)


def test_a_png_of_a_hundred_thousand_chunks_is_refused(encode: Encode) -> None:
    whole = encode(with_mode("RGB"))
    empty = b"\0\0\0\0teXt" + zlib.crc32(b"teXt").to_bytes(4, "big")

    assert decoded(whole[:33] + empty * 1_000 + whole[33:]).shape == (19, 13, 3)
    with pytest.raises(InvalidInputError, match="too many chunks"):
        decoded(whole[:33] + empty * 100_000 + whole[33:])


@pytest.mark.parametrize(
    "options", [{}, {"quality": 95}, {"restart_marker_blocks": 4}, {"progressive": True}]
)
def test_a_jpeg_without_its_end_marker_is_read_as_with_it(options: dict[str, object]) -> None:
    chance = np.random.default_rng(5)
    for _ in range(10):
        height, width = chance.integers(20, 200, 2)
        file = io.BytesIO()
        scene = Image.fromarray(chance.integers(0, 255, (height // 4, width // 4, 3), np.uint8))
        scene.resize((int(width), int(height))).save(file, "JPEG", **options)
        whole = file.getvalue()

        for number in (1, 2):
            assert np.array_equal(decoded(whole[:-number]), decoded(whole))


@pytest.mark.parametrize("share", [0.3, 0.5, 0.8])
def test_a_jpeg_that_is_cut_off_is_refused(share: float) -> None:
    chance = np.random.default_rng(6)
    file = io.BytesIO()
    Image.fromarray(chance.integers(0, 255, (150, 200), np.uint8)).save(file, "JPEG", quality=80)
    whole = file.getvalue()

    with pytest.raises(InvalidInputError):
        decoded(whole[: int(len(whole) * share)])


def test_a_jpeg_that_is_cut_off_after_half_a_marker_is_refused() -> None:
    chance = np.random.default_rng(7)
    file = io.BytesIO()
    Image.fromarray(chance.integers(0, 255, (150, 200, 3), np.uint8)).save(file, "JPEG", quality=85)
    whole = file.getvalue()
    scan = whole.index(b"\xff\xda") + 14
    cuts = [end for end in range(scan, len(whole) - 40) if whole[end - 1] == 0xFF]

    assert len(cuts) > 15
    for end in cuts:
        with pytest.raises(InvalidInputError):
            decoded(whole[:end])
