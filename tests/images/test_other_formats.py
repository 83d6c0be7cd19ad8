"""Formats that are not read are named, so that a sender knows what to convert."""

import io
import struct
import time

import numpy as np
import pytest
from PIL import Image

from service.errors import MediaTypeError
from service.images import headers, other_formats

VARIANTS = 100
SPECIAL = {
    "HEIC": [b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"],
    "AVIF": [b"avif", b"avis"],
}
GENERAL = [b"mif1", b"msf1", b"miaf"]
BESIDE = [b"MiHB", b"MiHE", b"MA1B", b"tmap", b"iso8", b"heyy"]


def container(major: bytes, *compatible: bytes, rest: bytes = bytes(40)) -> bytes:
    """Begin a file of the ISO base media format (ISO 14496-12, 4.3)."""
    brands = b"".join(compatible)
    return struct.pack(">I4s4sI", 16 + len(brands), b"ftyp", major, 0) + brands + rest


def refused(data: bytes) -> str:
    with pytest.raises(MediaTypeError) as error:
        headers.read(data)
    return error.value.detail


@pytest.mark.parametrize("name", SPECIAL)
def test_heic_and_avif_are_named_whichever_brand_says_so(name: str) -> None:
    chance = np.random.default_rng(1)
    for _ in range(VARIANTS):
        special = chance.choice(SPECIAL[name])
        others = [*chance.permutation(GENERAL)[:2], *chance.permutation(BESIDE)[:3]]
        if chance.random() < 0.5:
            major, compatible = special, others
        else:
            major, compatible = chance.choice(GENERAL), [*others, special]
        detail = refused(container(bytes(major), *map(bytes, chance.permutation(compatible))))

        assert detail.startswith(f"{name} is not read here: send JPEG or PNG")
        assert ("iPhone" in detail) == (name == "HEIC")
        assert all(offered in detail for offered in headers.OFFERED)


def test_heif_without_a_brand_of_its_own_and_videos_are_named() -> None:
    assert refused(container(b"mif1", b"mif1", b"heyy")).startswith("HEIF is not read here")
    assert refused(container(b"qt  ", b"qt  ")).startswith("a video is not read here")
    assert refused(container(b"isom", b"iso2", b"avc1", b"mp41")).startswith("a video is not read here")


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("TIFF", "TIFF"),
        ("ICO", "ICO"),
        ("PPM", "PNM"),
        ("JPEG2000", "JPEG 2000"),
        ("AVIF", "AVIF"),
        ("PDF", "PDF"),
        ("EPS", "PostScript"),
    ],
)
def test_files_that_another_program_wrote_are_named(kind: str, name: str) -> None:
    chance = np.random.default_rng(2)
    for mode in ("L", "RGB"):
        image = Image.fromarray(chance.integers(0, 256, (40, 30, 3), np.uint8)).convert(mode)
        file = io.BytesIO()
        image.save(file, kind)

        assert refused(file.getvalue()).startswith(f"{name} is not read here: send JPEG or PNG")


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        (b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- by an editor -->\n<svg width="9">', "SVG"),
        (b'<?xml version="1.0"?>\n<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "svg11.dtd">\n<SVG>', "SVG"),
        (b"<!DOCTYPE html><html><svg></svg></html>", "HTML"),
        (b"\n<html>", "HTML"),
        (b"\xff\x0a" + bytes(30), "JPEG XL"),
        (b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(30), "JPEG XL"),
        (b"8BPS\0\x01" + bytes(30), "Photoshop's PSD"),
        (b"MM\0*" + bytes(30), "TIFF"),
        (b"II\xbc\x01" + bytes(30), "JPEG XR"),
    ],
)
def test_what_begins_as_such_a_file_is_named(data: bytes, name: str) -> None:
    assert refused(data).startswith(f"{name} is not read here")


@pytest.mark.parametrize(
    "data",
    [b"", b"\0\0\0\x10ftyp", b"\0\0\0\x18ftypzzzz", b"P7\n", b"<a/>", b"a <svg>", b"PK\x03\x04", bytes(99)],
)
def test_what_is_none_of_them_is_not_named(data: bytes) -> None:
    assert other_formats.name(data) is None
    assert "a format that is read here" in refused(data)


def test_a_name_is_found_in_the_first_bytes_alone() -> None:
    much = 8_000_000
    begin = time.process_time()

    assert other_formats.name(b"<" * much + b"<svg>") is None
    assert other_formats.name(b" " * much + b"<svg>") is None
    assert other_formats.name(struct.pack(">I", much) + b"ftyp" + b"zzzz" * (much // 4) + b"heic") is None
    assert time.process_time() - begin < 0.1
