"""What is prepared is a draft of a picture; what is told of it is in pixels of the picture as it was sent."""

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageDraw

from framing.mnist import SIZE_PX
from service.digits import recognition
from service.digits.preparation import Preparation, by_levels
from service.images.decoding import PixelLimits
from service.images.pictures import of_file
from service.repository.repository import Repository

Stored = Callable[[Image.Image, int], Image.Image]

VARIANTS = 30


def seven(size: tuple[int, int], box: tuple[int, int, int, int], mode: str) -> Image.Image:
    """Draw a seven that fills ``(top, left, height, width)``, dark on light."""
    top, left, height, width = box
    pen = max(height // 8, 1)
    image = Image.new("RGB", size, (236, 232, 214))
    draw = ImageDraw.Draw(image)
    draw.rectangle((left, top, left + width - 1, top + pen - 1), fill=(25, 35, 110))
    foot, slant = left + width // 4, left + width - pen
    corners = [
        (slant, top),
        (left + width - 1, top),
        (foot + pen, top + height - 1),
        (foot, top + height - 1),
    ]
    draw.polygon(corners, fill=(25, 35, 110))
    return image.convert(mode)


@pytest.fixture(scope="module")
def told(packaged: Repository) -> Callable[..., Preparation]:
    """What the service tells of an image that is sent as a file."""

    def told(image: Image.Image, kind: str, **options: object) -> Preparation:
        file = io.BytesIO()
        image.save(file, kind, **options)
        limits = PixelLimits(16_800_000, 8_192)
        taken = of_file(file.getvalue(), pointer="#", limits=limits, total=32_000_000)
        found = by_levels(*recognition.seen(taken, preprocess="auto", size=SIZE_PX))
        (prepared,) = recognition.prepare([found], packaged.ink, SIZE_PX)
        assert not prepared.is_blank
        return prepared.preparation

    return told


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize("noise", [0, 4])
def test_box_and_scale_are_in_pixels_of_the_picture_as_it_was_sent(
    kind: str, noise: int, stored: Stored, told: Callable[..., Preparation]
) -> None:
    chance = np.random.default_rng(1)
    for number in range(VARIANTS if kind == "JPEG" else 8):
        width, height = (int(side) for side in chance.integers(330, 2_600, 2))
        tall = int(min(width, height) * chance.uniform(0.4, 0.7))
        box = (
            int(chance.integers(height // 20, height - tall - height // 20)),
            int(chance.integers(width // 20, width - tall - width // 20)),
            tall,
            int(tall * 0.7),
        )
        image = seven((width, height), box, "RGB" if chance.random() < 0.5 else "L")
        if noise:
            pixels = np.asarray(image, np.float32)
            grain = chance.normal(0, noise, pixels.shape)
            image = Image.fromarray(np.clip(pixels + grain, 0, 255).astype(np.uint8))
        orientation = number % 8 + 1
        exif = Image.Exif()
        exif[0x0112] = orientation
        steps = told(stored(image, orientation), kind, exif=exif.tobytes())

        # Four pixels of the 320 that are looked at: of drawings each second one is.
        tolerance = 4 * max(width, height) / 320
        assert steps.box == pytest.approx(box, abs=tolerance)
        assert steps.scale == pytest.approx(20 / tall, rel=tolerance / tall)
        assert steps.inverted
        assert steps.warnings == ()


@pytest.mark.parametrize("strip", [(0, 0, 900, 70), (0, 0, 80, 1_200), (0, 1_120, 900, 1_200)])
def test_the_box_is_one_of_the_whole_picture_where_a_strip_beside_the_paper_is_left_out(
    strip: tuple[int, int, int, int], told: Callable[..., Preparation]
) -> None:
    box = (500, 400, 90, 63)
    image = seven((900, 1_200), box, "RGB")
    ImageDraw.Draw(image).rectangle(strip, fill=(40, 35, 30))
    steps = told(image, "JPEG")

    assert steps.box == pytest.approx(box, abs=16)
    assert steps.scale == pytest.approx(20 / 90, rel=0.15)


def test_a_digit_of_enough_pixels_is_not_said_to_have_few(told: Callable[..., Preparation]) -> None:
    # Of the 320 pixels that are looked at it has ten.
    steps = told(seven((2_560, 400), (150, 700, 80, 80), "RGB"), "JPEG", quality=95)

    assert steps.warnings == ()


def test_a_digit_of_few_pixels_is_said_to_have_few(told: Callable[..., Preparation]) -> None:
    steps = told(seven((60, 40), (12, 12, 9, 6), "RGB"), "JPEG", quality=98, subsampling=0)

    assert "the digit has few pixels" in steps.warnings
