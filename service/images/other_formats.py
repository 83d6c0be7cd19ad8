"""Formats that people send and that are not read here, by name: who knows it knows what to convert."""

_SIGNATURES = (
    (b"%PDF-", "PDF"),
    (b"%!PS", "PostScript"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "TIFF"),
    (b"MM\0+", "TIFF"),
    (b"II\xbc", "JPEG XR"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"),
    (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000"),
    (b"\xff\x4f\xff\x51", "JPEG 2000"),
    (b"\0\0\1\0", "ICO"),
    (b"8BPS", "Photoshop's PSD"),
    *((b"P%d" % kind + space, "PNM") for kind in range(1, 7) for space in (b"\n", b" ", b"\r", b"\t")),
)

# ISO 14496-12, 4.3: a brand, four bytes of a version, and the brands that it is compatible with.
_BRANDS = {
    **dict.fromkeys((b"avif", b"avis"), "AVIF"),
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"), "HEIC"),
    **dict.fromkeys((b"mif1", b"mif2", b"msf1", b"miaf"), "HEIF"),
    **dict.fromkeys((b"qt  ", b"isom", b"mp41", b"mp42", b"M4V "), "a video"),
}
_GENERAL = frozenset({"HEIF", "a video"})
"""What a more special brand says better."""
_MOST_BRAND_BYTES = 256

_TEXT_BYTES = 4_096
"""Of a text that are searched: before its first element SVG has a declaration and comments."""
_BLANK = b"\xef\xbb\xbf \t\r\n"


def name(data: bytes) -> str | None:
    """Name a file's format by its first bytes; None when it is none of these."""
    for signature, found in _SIGNATURES:
        if data.startswith(signature):
            return found
    if data[4:8] == b"ftyp":
        return _by_brand(data)
    text = data[:_TEXT_BYTES].lstrip(_BLANK).lower()
    if text.startswith((b"<!doctype html", b"<html")):
        return "HTML"
    return "SVG" if text.startswith(b"<") and b"<svg" in text else None


def _by_brand(data: bytes) -> str | None:
    end = min(int.from_bytes(data[:4], "big"), _MOST_BRAND_BYTES)
    brands = [data[8:12], *(data[at : at + 4] for at in range(16, end, 4))]
    names = [_BRANDS[brand] for brand in brands if brand in _BRANDS]
    special = [found for found in names if found not in _GENERAL]
    return next(iter([*special, *names]), None)
