"""A draft is the picture at a part of its size, in grey where that shows what is drawn, and never less."""

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps

from service.errors import InvalidInputError, RequestError
from service.images import headers
from service.images.decoding import PixelLimits, decode, decode_draft
from service.images.pictures import of_files

VARIANTS = 100
LEAST_SIDE, LEAST_SPREAD = 320, 16
LIMITS = PixelLimits(16_800_000, 8_192)


def draft(file: bytes) -> np.ndarray:
    return decode_draft(file, headers.read(file), least_side_px=LEAST_SIDE, least_spread=LEAST_SPREAD)


def saved(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:  # noqa: ANN401
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def scene(chance: np.random.Generator, width: int, height: int, mode: str = "RGB") -> Image.Image:
    """Paint something smooth from black to white, so that pixels next to each other are nearly alike."""
    colours = chance.integers(0, 256, (4, 5, 3), np.uint8)
    colours[0, 0], colours[-1, -1] = 0, 255
    return Image.fromarray(colours).resize((width, height), Image.Resampling.BILINEAR).convert(mode)


def decoded(file: bytes) -> np.ndarray:
    return decode(file, headers.read(file))


def is_refused(file: bytes, decoder: Callable[[bytes], np.ndarray]) -> bool:
    try:
        decoder(file)
    except RequestError:
        return True
    return False


def divisor_of(longer: int) -> int:
    """Halve up to three times while the longer side stays long enough; what is left over is a pixel."""
    return next(
        (divisor for divisor in (8, 4, 2) if longer > divisor * (LEAST_SIDE - 1)),
        1,
    )


SIDES = [28, 319, 320, 321, 638, 639, 640, 641, 1_276, 1_277, 1_280, 2_552, 2_553, 2_600]


def test_a_jpeg_is_reduced_as_far_as_its_longer_side_allows() -> None:
    chance = np.random.default_rng(1)
    for number in range(VARIANTS):
        longer = SIDES[number % len(SIDES)] if number < 60 else int(chance.integers(28, 2_600))
        shorter = int(chance.integers(max(longer // 4, 1), longer + 1))
        width, height = (longer, shorter) if chance.random() < 0.5 else (shorter, longer)
        exif = Image.Exif()
        exif[0x0112] = orientation = int(chance.integers(1, 9))
        options = {"quality": 95, "progressive": bool(chance.random() < 0.3), "exif": exif.tobytes()}
        file = saved(scene(chance, width, height, str(chance.choice(["L", "RGB"]))), **options)
        whole = ImageOps.exif_transpose(Image.open(io.BytesIO(file))).convert("L")
        divisor = divisor_of(longer)
        # A row or column that is left over is at the far side as stored: what remains whole is compared.
        kept = (-(-whole.width // divisor), -(-whole.height // divisor))
        found = draft(file)

        assert found.shape[::-1] == kept, (width, height, orientation)
        assert max(found.shape) >= min(LEAST_SIDE, longer)
        if whole.width % divisor == whole.height % divisor == 0:
            expected = np.asarray(whole.reduce(divisor), int)
        else:
            expected = np.asarray(whole.resize(kept, Image.Resampling.BOX), int)
        assert np.abs(found - expected).mean() < 2


def test_every_orientation_of_a_draft_is_that_of_the_whole_picture() -> None:
    chance = np.random.default_rng(2)
    for orientation in range(1, 9):
        for width, height in ((1_280, 960), (1_283, 957), (645, 643)):
            exif = Image.Exif()
            exif[0x0112] = orientation
            file = saved(scene(chance, width, height), exif=exif.tobytes(), quality=95)
            found, whole = draft(file), Image.fromarray(decoded(file)).convert("L")
            expected = np.asarray(whole.resize(found.shape[::-1], Image.Resampling.BOX), int)

            assert np.abs(found - expected).mean() < 2


def of_one_lightness(chance: np.random.Generator, width: int, height: int) -> Image.Image:
    """Cut a square of one colour out of another that is the same in grey."""
    while True:
        ground, ink = chance.integers(0, 256, (2, 3))
        if abs((ground - ink) @ (0.299, 0.587, 0.114)) < 2 and np.abs(ground - ink).max() > 100:
            break
    pixels = np.full((height, width, 3), ground, np.uint8)
    pixels[height // 3 : 2 * height // 3, width // 3 : 2 * width // 3] = ink
    return Image.fromarray(pixels)


def test_what_shows_in_colour_alone_is_decoded_in_colour() -> None:
    chance = np.random.default_rng(3)
    for _ in range(VARIANTS):
        width, height = (int(side) for side in chance.integers(60, 1_400, 2))
        image = of_one_lightness(chance, width, height)
        # Such noise alone spans 48 levels from the lightest to the darkest pixel.
        noise = chance.normal(0, chance.choice([0, 4, 8]), (height, width, 1))
        noisy = np.clip(np.asarray(image) + noise, 0, 255).astype(np.uint8)
        found = draft(saved(Image.fromarray(noisy), quality=90))
        expected = np.asarray(image.resize(found.shape[1::-1], Image.Resampling.BOX), int)

        assert found.ndim == 3
        # The order of channels too: red and blue of ground and ink are all different.
        assert np.abs(found - expected).mean() < 9


def test_what_shows_in_lightness_is_decoded_in_grey() -> None:
    chance = np.random.default_rng(4)
    for width, height in ((60, 40), (300, 400), (1_300, 900)):
        file = saved(scene(chance, width, height), quality=95)

        assert draft(file).ndim == 2


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "BMP", "GIF"])
def test_other_formats_are_decoded_whole(kind: str) -> None:
    file = saved(scene(np.random.default_rng(5), 900, 700), kind)

    assert np.array_equal(draft(file), decoded(file))


@pytest.mark.parametrize("progressive", [False, True])
def test_a_draft_is_refused_where_the_whole_picture_is(progressive: bool) -> None:  # noqa: FBT001
    file = saved(scene(np.random.default_rng(6), 700, 500), progressive=progressive)
    header = headers.read(file)
    lengths = [*np.linspace(0, len(file), 40).astype(int).tolist(), *range(len(file) - 20, len(file))]
    for length in lengths:
        assert is_refused(file[:length], draft) == is_refused(file[:length], decoded)
    assert is_refused(file[: len(file) // 2], draft)
    for other in ({"width": 697}, {"height": 503}, {"width": 500, "height": 700}):
        with pytest.raises(InvalidInputError, match="damaged"):
            decode_draft(file, header._replace(**other), least_side_px=LEAST_SIDE, least_spread=LEAST_SPREAD)


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_blocks": 4}])
def test_a_draft_of_a_jpeg_without_its_end_marker_is_the_whole_picture(options: dict[str, Any]) -> None:
    file = saved(scene(np.random.default_rng(7), 1_300, 700), quality=95, **options)

    assert np.array_equal(draft(file[:-2]), decoded(file))


def test_drafts_tell_how_large_their_pictures_are_and_which_is_damaged() -> None:
    chance = np.random.default_rng(8)
    files = [
        saved(scene(chance, 1_300, 700)),
        saved(scene(chance, 500, 901), "PNG"),
        saved(scene(chance, 28, 28, "L")),
    ]
    needed = {"least_side_px": LEAST_SIDE, "least_spread": LEAST_SPREAD}
    pictures = of_files([("#", file) for file in files], limits=LIMITS, total=32_000_000)
    found = [(one.pixels.shape[:2], one.sent_size) for one in pictures.drafts(**needed)]

    assert found == [((350 // 2, 650 // 2), (700, 1_300)), ((901, 500), (901, 500)), ((28, 28), (28, 28))]
    damaged = of_files([("#/0", files[0]), ("#/1", files[0][:-400])], limits=LIMITS, total=32_000_000)
    with pytest.raises(InvalidInputError) as refused:
        list(damaged.drafts(**needed))
    assert [fault.pointer for fault in refused.value.faults] == ["#/1"]
