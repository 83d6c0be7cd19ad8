"""Which way up a picture is, by EXIF and by XMP in every form and file that writers give them."""

import io
import struct
import time
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from service.images import headers, metadata
from service.images.decoding import decode
from service.images.metadata import Metadata

Stored = Callable[[Image.Image, int], Image.Image]

VARIANTS = 100
FORMS = [
    '<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="{}" tiff:Make="8"/>',
    "<rdf:Description xmlns:tiff='http://ns.adobe.com/tiff/1.0/' tiff:Orientation='{}'/>",
    '<rdf:Description\n   tiff:ImageWidth="6"\n   tiff:Orientation = "{}"\n   tiff:Make="8"/>',
    "<rdf:Description><tiff:ImageWidth>8</tiff:ImageWidth><tiff:Orientation>{}</tiff:Orientation></rdf:Description>",
    "<rdf:Description>\n <tiff:Orientation>\n  {}\n </tiff:Orientation>\n</rdf:Description>",
    "<rdf:Description><tiff:Orientation >{}</tiff:Orientation ></rdf:Description>",
]
PACKET = (
    '<?xpacket begin="\N{ZERO WIDTH NO-BREAK SPACE}" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '{}</rdf:RDF></x:xmpmeta>\n{}<?xpacket end="w"?>'
)


def exif(orientation: int | None, order: str = "<") -> bytes:
    found = Image.Exif()
    found.endian = order
    found[0x010E] = "a description before the orientation"
    if orientation is not None:
        found[0x0112] = orientation
    return found.tobytes()


def xmp(form: str, orientation: object, padding: int = 0) -> bytes:
    return PACKET.format(form.format(orientation), " " * padding).encode()


def written(image: Image.Image, kind: str, xmp: bytes, **options: Any) -> bytes:  # noqa: ANN401
    """Save without loss or nearly so; ``PNG, packed`` has its text compressed."""
    kind, _, packed = kind.partition(", ")
    file = io.BytesIO()
    if kind == "PNG":
        texts = PngInfo()
        texts.add_itxt("XML:com.adobe.xmp", xmp.decode(), zip=bool(packed))
        image.save(file, kind, pnginfo=texts, **options)
    elif kind == "JPEG":
        image.save(file, kind, xmp=xmp, quality=100, subsampling=0, **options)
    else:
        image.save(file, kind, xmp=xmp, lossless=True, **options)
    return file.getvalue()


def decoded(file: bytes) -> np.ndarray:
    return decode(file, headers.read(file))


def scene(chance: np.random.Generator, mode: str) -> Image.Image:
    """Paint something smooth that differs from each of its turns."""
    height, width = chance.integers(9, 60, 2)
    small = Image.fromarray(chance.integers(0, 256, (3, 4, 3), np.uint8))
    return small.resize((int(width), int(height)), Image.Resampling.BICUBIC).convert(mode)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "PNG, packed", "WEBP"])
def test_a_picture_is_turned_as_xmp_says(kind: str, stored: Stored) -> None:
    chance = np.random.default_rng(1)
    for number in range(VARIANTS):
        upright = scene(chance, "L" if chance.random() < 0.5 and kind != "WEBP" else "RGB")
        orientation = number % 8 + 1
        said = xmp(FORMS[number % len(FORMS)], orientation, int(chance.choice([0, 100, 4_000])))
        with_exif = {"exif": exif(None)} if chance.random() < 0.3 else {}
        found = decoded(written(stored(upright, orientation), kind, said, **with_exif))

        assert found.shape[:2] == upright.size[::-1]
        assert np.abs(found.astype(int) - np.asarray(upright)).max() <= (4 if kind == "JPEG" else 0)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "PNG, packed", "WEBP"])
@pytest.mark.parametrize("order", ["<", ">"])
def test_exif_wins_over_xmp(kind: str, order: str, stored: Stored) -> None:
    chance = np.random.default_rng(2)
    for by_exif in range(1, 9):
        upright = scene(chance, "RGB")
        said = xmp(FORMS[by_exif % len(FORMS)], by_exif % 8 + 1)
        found = decoded(written(stored(upright, by_exif), kind, said, exif=exif(by_exif, order)))

        assert found.shape[:2] == upright.size[::-1]
        assert np.abs(found.astype(int) - np.asarray(upright)).max() <= (4 if kind == "JPEG" else 0)


def test_exif_of_a_webp_may_begin_as_in_a_jpeg() -> None:
    stored = scene(np.random.default_rng(3), "RGB")
    file = io.BytesIO()
    stored.save(file, "WEBP", lossless=True, exif=exif(6), xmp=b"<x/>")
    whole = file.getvalue()
    at = whole.index(b"EXIF")
    (length,) = struct.unpack_from("<I", whole, at + 4)
    prefixed = b"Exif\0\0" + whole[at + 8 : at + 8 + length]
    changed = whole[:at] + b"EXIF" + struct.pack("<I", len(prefixed)) + prefixed + bytes(len(prefixed) % 2)
    changed += whole[at + 8 + length + length % 2 :]
    changed = changed[:4] + struct.pack("<I", len(changed) - 8) + changed[8:]

    assert np.array_equal(decoded(changed), np.rot90(np.asarray(stored), -1))


@pytest.mark.parametrize("said", ["0", "9", "-6", "66", "six", "", "6.5", "&six;"])
@pytest.mark.parametrize("form", FORMS)
def test_nonsense_in_xmp_turns_nothing(form: str, said: str) -> None:
    assert Metadata(xmp=xmp(form, said)).orientation == 1


@pytest.mark.parametrize("entries", [0, 1, 65_535])
def test_exif_that_is_cut_off_says_nothing(entries: int) -> None:
    cut = b"II*\0\x08\0\0\0" + struct.pack("<H", entries) + b"\x12\x01\x03\0"

    assert Metadata(exif=cut).orientation == 1
    assert Metadata(exif=cut, xmp=xmp(FORMS[0], 6)).orientation == 6


def test_metadata_made_to_be_costly_are_searched_in_no_time() -> None:
    much = 8_000_000
    spaces = b"tiff:Orientation" + b" " * much
    costly = [
        Metadata(xmp=spaces),
        Metadata(xmp=b'tiff:Orientation = "' * (much // 20)),
        Metadata(xmp=b"tiff:Orientation" * (much // 16)),
        Metadata(exif=b"MM\0*\0\0\0\x08\xff\xff" + bytes(much)),
    ]
    begin = time.process_time()

    assert [one.orientation for one in costly] == [1] * 4
    assert time.process_time() - begin < 0.5


def with_text(content: bytes) -> bytes:
    """Write a PNG of 28 columns and 20 rows that has an international text, whatever is in it."""
    file = io.BytesIO()
    Image.new("L", (28, 20), 9).save(file, "PNG")
    whole = file.getvalue()
    text = b"iTXt" + content
    return (
        whole[:33] + struct.pack(">I", len(content)) + text + struct.pack(">I", zlib.crc32(text)) + whole[33:]
    )


def test_xmp_that_unpacks_to_much_is_not_unpacked() -> None:
    bomb = with_text(b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(bytes(2**28)))
    begin = time.process_time()

    assert decoded(bomb).shape == (20, 28)
    assert time.process_time() - begin < 0.2


@pytest.mark.parametrize("damage", [b"", b"\1", b"\1\0", b"\1\0\0\0", b"\1\0\0\0no zlib", b"\0\0\0", b"\0"])
def test_a_damaged_text_of_xmp_turns_nothing(damage: bytes) -> None:
    assert decoded(with_text(b"XML:com.adobe.xmp\0" + damage)).shape == (20, 28)


def test_a_webp_is_searched_as_far_as_its_chunks_go() -> None:
    file = written(scene(np.random.default_rng(4), "RGB"), "WEBP", xmp(FORMS[0], 6))
    at = file.index(b"XMP ")

    assert metadata.of_webp(file).orientation == 6
    assert metadata.of_webp(file[: at + 4] + b"\xff\xff\xff\x7f" + file[at + 8 :]).orientation == 6
    assert metadata.of_webp(file[: at + 4]).orientation == 1
    assert metadata.of_webp(file[:at] + b"JUNK\0\0\0\0" * 1_000_000 + file[at:]).orientation == 1
