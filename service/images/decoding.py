"""Picture files to pixels, within limits: the first frame, upright, on white, 8 bits a channel."""

from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from service.errors import InvalidInputError, TooLargeError
from service.images import chunks, filters, greys, inflate, lzw, metadata, segments
from service.images.greys import Planes
from service.images.headers import Header

# A picture has one thread: there are as many pictures under way as there are processors.
cv2.setNumThreads(1)


class UnboundedError(Exception):
    """It is not known beforehand that a file costs no more to decode than its pixels do."""


Pixels = npt.NDArray[np.uint8]
"""A picture: ``(height, width)`` grey or ``(height, width, 3)`` RGB, uint8, 0 to 255."""

DAMAGED = "the picture is damaged or cut off"

_BLOCK = 65_536
"""Pixels that are converted at a time."""

_JPEG_END = b"\xff\xd9"
_ANY_SCAN_DATA = b"\x55\xaa" * 32
_REDUCED = {
    1: 0,
    # Bits of a flag, and the same in colour.
    2: cv2.IMREAD_REDUCED_GRAYSCALE_2,
    4: cv2.IMREAD_REDUCED_GRAYSCALE_4,
    8: cv2.IMREAD_REDUCED_GRAYSCALE_8,
}
_SAMPLE_PX = 160
"""Longer side of the sample by which the ground beneath transparent parts is chosen."""
_EDGE = 24
"""Levels between neighbours."""
_AROUND = np.ones((3, 3), np.uint8)
_DRAWN_SHARE = 0.05
"""A picture has edges in its opaque part when they are this part of those of alpha."""
_LIGHT = 176
"""Ink whose mean level is over this is light."""


class PixelLimits(NamedTuple):
    """How large a picture may be: ``pixels`` of up to 4 bytes in all, ``side`` along its longer side."""

    pixels: int
    side: int

    def check(self, height: int, width: int, pixel_bytes: int = 4) -> None:
        """
        Refuse a size over the limits; deeper pixels count by their bytes, those of 8 bytes twice.

        Raises:
            TooLargeError: It has too many pixels, or a side is too long.
        """
        if height * width * pixel_bytes > self.pixels * 4 or max(height, width) > self.side:
            weight = f" of 16 bits a channel, each as {pixel_bytes / 4:g}" if pixel_bytes > 4 else ""
            limits = f"at most {self.pixels} pixels, and {self.side} a side"
            message = f"the picture has {width}x{height} pixels{weight}; {limits}"
            raise TooLargeError(message)


def decode(data: bytes, header: Header) -> Pixels:
    """
    Decode a picture whose header was read and whose size was allowed.

    The orientation that EXIF or XMP tells is applied, alpha is composited on white, or on black when little
    shows on white, 16 bits are scaled to 8, palettes are resolved, and of an animation the first frame is
    taken.

    Returns:
        ``(height, width)`` for a grey file, else ``(height, width, 3)`` RGB, uint8, 0 to 255.

    Raises:
        InvalidInputError: The bytes after the header are damaged, cut off, or tell another size.
    """
    if header.media_type == "image/jpeg":
        segments.check(data)
        return metadata.of_jpeg(data).turn_upright(_decode_jpeg(data, header, grey=header.grey))
    return _decode_other(data, header)


def decode_draft(
    data: bytes, header: Header, *, least_side_px: int, least_spread: int, is_bounded: bool = False
) -> Pixels:
    """
    Decode no more of a picture than it takes to see what is drawn in it.

    A JPEG has a half, a quarter and an eighth of its size in it, and its luminance apart from its colour. Of
    these the smallest is decoded whose longer side is long enough, and colour only where luminance shows too
    little. Of a PNG in colour whose pixels are all grey one channel is decoded, other formats whole.

    Args:
        data: As of ``decode``.
        header: As of ``decode``.
        least_side_px: The longer side has at least so many pixels, or all that there are.
        least_spread: Luminance shows enough when its levels' standard deviation is this.
        is_bounded: Only if it costs no more than its pixels do, whatever was made of the file.

    Returns:
        As of ``decode``, and grey where that is enough. A JPEG without its end marker comes whole.

    Raises:
        InvalidInputError: As of ``decode``.
        UnboundedError: It may cost more.
    """
    if is_bounded and header.media_type != "image/png":
        raise UnboundedError
    if header.media_type != "image/jpeg":
        return _decode_other(data, header, as_grey=True, is_bounded=is_bounded)
    segments.check(data)
    longer = max(header.height, header.width)
    divisor = next((one for one in (8, 4, 2) if _reduced(longer, one) >= least_side_px), 1)
    pixels = _decode_jpeg(data, header, grey=True, divisor=divisor)
    if not header.grey and pixels.ndim == 2 and cv2.meanStdDev(pixels)[1].item() < least_spread:
        pixels = _decode_jpeg(data, header, grey=False, divisor=divisor)
    return metadata.of_jpeg(data).turn_upright(pixels)


def edges(channel: Pixels) -> npt.NDArray[np.bool_]:
    """Tell of each pixel of ``(height, width)`` whether it is on an edge that is seen at a glance."""
    return np.asarray(cv2.morphologyEx(channel, cv2.MORPH_GRADIENT, _AROUND) >= _EDGE)


def _decode_other(data: bytes, header: Header, *, as_grey: bool = False, is_bounded: bool = False) -> Pixels:
    """Decode a picture that is no JPEG; where grey will do, a coloured PNG of grey pixels comes in grey."""
    if header.media_type == "image/png":
        return _decode_png(data, header, as_grey=as_grey, is_bounded=is_bounded)
    found = None
    if header.media_type == "image/webp":
        found = metadata.of_webp(data)
    elif header.media_type == "image/gif":
        lzw.check(data)
    pixels = _decode_whole(data, header)
    return pixels if found is None else found.turn_upright(pixels)


def _decode_png(data: bytes, header: Header, *, as_grey: bool, is_bounded: bool) -> Pixels:
    found = transparent = None
    if not chunks.is_plain(data):
        stripped = chunks.strip_ancillary_chunks(data)
        data, found = stripped.file, stripped.metadata
        if stripped.transparency is not None:
            transparent = _transparent_level(data, stripped.transparency)
    pixels = None
    unpacked = inflate.unpack(data, of_any_size=is_bounded)
    if unpacked:
        planes = greys.planes(unpacked) if as_grey or header.grey else None
        pixels = _unfiltered(planes) if planes else None
        if pixels is None:
            if planes and planes.alpha is None:
                unpacked = greys.stored(unpacked, planes)
            data = inflate.store(unpacked)
    elif is_bounded:
        # Here libpng unpacks, and all that there is.
        raise UnboundedError
    if pixels is None:
        pixels = _decode_whole(data, header, transparent)
    return pixels if found is None else found.turn_upright(pixels)


def _unfiltered(planes: Planes) -> Pixels | None:
    """Return the pixels in grey, on their ground; None when their filters are left to the decoder."""
    grey = filters.undo(planes.filters, planes.grey)
    if grey is None or planes.alpha is None:
        return grey
    alpha = filters.undo(planes.filters, planes.alpha)
    return None if alpha is None else _composite(grey, alpha, _ground(_sample(grey), _sample(alpha)))


def _decode_whole(data: bytes, header: Header, transparent: int | None = None) -> Pixels:
    """Decode a file of any format as OpenCV does, and bring it to grey or RGB of 8 bits."""
    # This flag alone keeps alpha; it leaves depth and channel order to us.
    pixels = _decode_by_opencv(data, cv2.IMREAD_UNCHANGED)
    _check(pixels, header.height, header.width)
    if pixels.itemsize == 2 and cv2.norm(pixels, cv2.NORM_INF) <= 255:
        # Eight bits, or a mask, in a file of sixteen.
        pixels = pixels.astype(np.uint8)
    if pixels.ndim == 3 or pixels.itemsize == 2 or transparent is not None:
        pixels = _in_rgb(pixels, transparent)
    return pixels


def _decode_by_opencv(data: bytes, flag: int) -> Any:  # noqa: ANN401  an array of any depth, or None
    try:
        return cv2.imdecode(np.frombuffer(data, np.uint8), flag)
    except cv2.error:
        return None


def _check(pixels: Any, height: int, width: int) -> None:  # noqa: ANN401  an array of any depth, or None
    if pixels is None or pixels.shape[:2] != (height, width):
        raise InvalidInputError(DAMAGED)


def _decode_jpeg(jpeg: bytes, header: Header, *, grey: bool, divisor: int = 1) -> Pixels:
    """Decode it as it is stored: how it is turned is found by us, in every format alike."""
    pixels = _decode_by_opencv(jpeg, _jpeg_flag(grey=grey) | _REDUCED[divisor])
    if pixels is None and not jpeg.endswith(_JPEG_END):
        # Whether all of it is there shows in all of its pixels and colours alone.
        divisor = 1
        pixels = _decode_without_end(jpeg, _jpeg_flag(grey=header.grey))
    _check(pixels, _reduced(header.height, divisor), _reduced(header.width, divisor))
    return pixels


def _jpeg_flag(*, grey: bool) -> int:
    return (cv2.IMREAD_GRAYSCALE if grey else cv2.IMREAD_COLOR_RGB) | cv2.IMREAD_IGNORE_ORIENTATION


def _reduced(side: int, divisor: int) -> int:
    """Give the side of a JPEG at a part of its size: a pixel more for what is left over."""
    return -(-side // divisor)


def _decode_without_end(jpeg: bytes, flag: int) -> Pixels | None:
    """Decode a file that lacks its end marker: it is whole when what might have followed changes nothing."""
    jpeg = jpeg.rstrip(_JPEG_END[:1])  # half a marker, or half a byte: it would make another of what follows
    ended, continued = (_decode_by_opencv(jpeg + more + _JPEG_END, flag) for more in (b"", _ANY_SCAN_DATA))
    if ended is None or continued is None or not np.array_equal(ended, continued):
        return None
    return ended


def _transparent_level(png: bytes, transparency: bytes) -> int | None:
    """Find the one level of a grey PNG that is transparent (PNG specification, 11.3.2.1): OpenCV does not."""
    depth, colour_type = png[24], png[25]
    if colour_type != 0:
        return None
    level = int.from_bytes(transparency[:2], "big")
    return level * 255 // (2**depth - 1) if 0 < depth < 8 else level


def _in_rgb(pixels: npt.NDArray[Any], transparent: int | None) -> Pixels:
    """
    Convert what OpenCV gives, some rows at a time: whole, 16-bit RGBA takes five times its memory.

    Args:
        pixels: ``(height, width)``, or ``(height, width, channels)`` in BGR or BGRA; uint8 or uint16.
        transparent: The one level of grey that is.

    Returns:
        ``(height, width)`` or ``(height, width, 3)`` RGB, uint8.
    """
    if transparent is not None:
        ground = _ground(*_sampled(pixels, transparent))
        pixels[pixels == transparent] = np.iinfo(pixels.dtype).max if ground else 0
        return _in_blocks(pixels, ground)
    is_transparent = _is_transparent(pixels)
    if pixels.ndim == 3 and pixels.dtype == np.uint8 and not is_transparent:
        return cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB if pixels.shape[2] == 3 else cv2.COLOR_BGRA2RGB)
    return _in_blocks(pixels, _ground(*_sampled(pixels)) if is_transparent else 255)


def _sampled(pixels: npt.NDArray[Any], transparent: int | None = None) -> tuple[Pixels, Pixels]:
    """Return the luminance and alpha of some pixels, 8 bits deep."""
    if pixels.ndim == 2:
        whole = _sample(pixels)
        alpha = np.where(whole == transparent, 0, 255).astype(np.uint8)
        return (whole >> (8 * whole.itemsize - 8)).astype(np.uint8), alpha
    # Each pixel as one number: so it is quick.
    whole = _sample(pixels.view(f"u{4 * pixels.itemsize}")[..., 0])
    sample = whole.view(pixels.dtype).reshape(*whole.shape, 4)
    if sample.itemsize == 2:
        sample = (sample >> 8).astype(np.uint8)
    return cv2.cvtColor(sample, cv2.COLOR_BGRA2GRAY), cv2.extractChannel(sample, 3)


def _sample(plane: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Take some pixels of ``(height, width)``, in rows; those at the rim may be a frame."""
    step = -(-max(plane.shape) // _SAMPLE_PX)
    some = plane[::step, ::step]
    return np.ascontiguousarray(some[1:-1, 1:-1] if min(some.shape) > 2 else some)


def _ground(grey: Pixels, alpha: Pixels) -> int:
    """
    Choose what to composite on, by what is seen of a sample.

    What has edges in its opaque part, as a cut-out photo or a card, is put on white, and so is ink that is
    not light. Else light ink or a light sheet with a hole would not show: it is put on black.
    """
    least, most, _, _ = cv2.minMaxLoc(grey)
    if least == most:
        # There are no edges.
        return 0 if least > _LIGHT and alpha.any() else 255
    is_opaque = cv2.erode(alpha, _AROUND) == 255
    if np.count_nonzero(edges(grey) & is_opaque) > _DRAWN_SHARE * np.count_nonzero(edges(alpha)):
        return 255
    weights = alpha.ravel().astype(np.float32)
    return 0 if weights @ grey.ravel().astype(np.float32) > _LIGHT * weights.sum() else 255


def _is_transparent(pixels: npt.NDArray[Any]) -> bool:
    """Tell whether ``(height, width, 4)``, and nothing else, has a pixel that is not opaque."""
    if pixels.ndim == 2 or pixels.shape[2] != 4:
        return False
    least, _, _, _ = cv2.minMaxLoc(cv2.extractChannel(pixels, 3))
    return least < np.iinfo(pixels.dtype).max


def _in_blocks(pixels: npt.NDArray[Any], ground: int) -> Pixels:
    height, width = pixels.shape[:2]
    if height * width <= _BLOCK:
        return _rows_in_rgb(pixels, ground)
    result = np.empty((height, width, 3)[: pixels.ndim], np.uint8)
    step = max(_BLOCK // width, 1)
    for top in range(0, height, step):
        result[top : top + step] = _rows_in_rgb(pixels[top : top + step], ground)
    return result


def _rows_in_rgb(pixels: npt.NDArray[Any], ground: int) -> Pixels:
    if pixels.dtype == np.uint16:
        pixels = ((pixels.astype(np.uint32) + 128) // 257).astype(np.uint8)
    if pixels.ndim == 2:
        return pixels
    if pixels.shape[2] == 3:
        return cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)
    alphas = cv2.cvtColor(cv2.extractChannel(pixels, 3), cv2.COLOR_GRAY2RGB)
    return _composite(cv2.cvtColor(pixels, cv2.COLOR_BGRA2RGB), alphas, ground)


def _composite(levels: Pixels, alphas: Pixels, ground: int) -> Pixels:
    """Composite levels on black or white: ``(level a + ground (255 - a)) / 255``, rounded, so grey stays."""
    # There is no tie to round: 255 is odd.
    shown = cv2.multiply(levels, alphas, scale=1 / 255)
    return cv2.add(shown, cv2.bitwise_not(alphas)) if ground else shown
