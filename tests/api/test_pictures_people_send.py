"""Pictures as people send them: ink in alpha or colour alone, masks of two levels, arrays of Keras."""

import colorsys
import io
import json
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest
from httpx2 import Client
from PIL import Image, ImageChops, ImageDraw, ImageFilter
from PIL.PngImagePlugin import PngInfo

Stored = Callable[[Image.Image, int], Image.Image]

VARIANTS = 100
SEVEN = [(0.2, 0.15), (0.8, 0.15), (0.45, 0.88)]
RIGHT = 7


def mask(chance: np.random.Generator, side: int | None = None) -> Image.Image:
    """Draw a seven of some size, pen and place, smooth edged: the ink's coverage, 0 to 255."""
    side = side or int(chance.integers(60, 320))
    fine = 4
    pen, scale = chance.uniform(0.08, 0.13), chance.uniform(0.55, 0.8)
    left, top = chance.uniform(0.04, 0.96 - scale, 2)
    image = Image.new("L", (side * fine, side * fine), 0)
    points = [((left + x * scale) * side * fine, (top + y * scale) * side * fine) for x, y in SEVEN]
    ImageDraw.Draw(image).line(points, fill=255, width=round(pen * scale * side * fine), joint="curve")
    return image.resize((side, side), Image.Resampling.BOX)


def png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def npy(values: npt.NDArray[np.generic]) -> bytes:
    file = io.BytesIO()
    np.save(file, values)
    return file.getvalue()


def digits(client: Client, content: bytes, content_type: str = "image/png") -> list[int | None]:
    answer = client.post("/predict", content=content, headers={"Content-Type": content_type})
    assert answer.status_code == 200, answer.text
    return [one["digit"] for one in answer.json()["predictions"]]


def white_strokes(ink: Image.Image, chance: np.random.Generator) -> Image.Image:
    """White strokes on a canvas that was never painted."""
    level = int(chance.integers(245, 256))
    picture = Image.new("RGBA", ink.size, (0, 0, 0, 0) if chance.random() < 0.5 else (level, level, level, 0))
    picture.paste((level, level, level, 255), mask=ink)
    return picture


def hole(ink: Image.Image, chance: np.random.Generator) -> Image.Image:
    """A digit cut out of a white sheet."""
    level = int(chance.integers(245, 256))
    picture = Image.new("RGBA", ink.size, (level, level, level, 255))
    picture.putalpha(Image.eval(ink, lambda value: 255 - value))
    return picture


def grey_with_alpha(ink: Image.Image, chance: np.random.Generator) -> Image.Image:
    """The same in grey with alpha."""
    return Image.merge("LA", (Image.new("L", ink.size, int(chance.integers(246, 256))), ink))


def black_strokes(ink: Image.Image, _: np.random.Generator) -> Image.Image:
    """What most canvases give: black on nothing."""
    return Image.merge("RGBA", (*[Image.new("L", ink.size, 0)] * 3, ink))


def of_one_lightness(ink: Image.Image, chance: np.random.Generator) -> Image.Image:
    """Ink and ground of two colours that are the same in grey."""
    while True:
        colours = chance.integers(0, 256, (2, 3))
        luminance = colours @ (0.299, 0.587, 0.114)
        if abs(luminance[0] - luminance[1]) < 2 and np.abs(colours[0] - colours[1]).max() > 100:
            break
    first, second = (tuple(colour) for colour in colours.tolist())
    return Image.composite(Image.new("RGB", ink.size, first), Image.new("RGB", ink.size, second), ink)


def bright_colour(ink: Image.Image, chance: np.random.Generator) -> Image.Image:
    """Bright ink on nothing: on white paper it would hardly show."""
    red, green, blue = (round(255 * part) for part in colorsys.hsv_to_rgb(chance.uniform(0.14, 0.18), 0.3, 1))
    picture = Image.new("RGBA", ink.size, (0, 0, 0, 0))
    picture.paste((red, green, blue, 255), mask=ink)
    return picture


def white_strokes_and_a_speck(ink: Image.Image, chance: np.random.Generator) -> Image.Image:
    """White strokes, and a dark pixel or a frame."""
    picture = white_strokes(ink, chance)
    if chance.random() < 0.5:
        picture.putpixel((2, 2), (0, 0, 0, 255))
    else:
        last = picture.width - 1
        ImageDraw.Draw(picture).rectangle((0, 0, last, last), outline=(90, 90, 90, 255))
    return picture


def premultiplied(ink: Image.Image, _: np.random.Generator) -> Image.Image:
    """White strokes whose colour was multiplied by alpha, as some libraries hand them out."""
    return Image.merge("RGBA", (ink, ink, ink, ink))


def in_a_shadow(ink: Image.Image, _: np.random.Generator) -> Image.Image:
    """White strokes that drop a soft shadow."""
    soft = ink.filter(ImageFilter.GaussianBlur(max(1, ink.width / 60)))
    shadow = Image.eval(soft, lambda value: value * 2 // 5)
    empty = Image.new("L", ink.size, 0)
    picture = Image.merge("RGBA", (empty, empty, empty, ImageChops.offset(shadow, 1 + ink.width // 100)))
    picture.alpha_composite(Image.merge("RGBA", (*[Image.new("L", ink.size, 255)] * 3, ink)))
    return picture


def card(ink: Image.Image, chance: np.random.Generator) -> Image.Image:
    """Black on a white card on nothing."""
    picture = Image.new("RGBA", (ink.width + 20, ink.height + 20), (0, 0, 0, 0))
    level = int(chance.integers(200, 256))
    paper = Image.new("RGBA", ink.size, (level, level, level, 255))
    paper.paste((0, 0, 0, 255), mask=ink)
    picture.paste(paper, (10, 10))
    return picture


def of_one_lightness_and_more(ink: Image.Image, chance: np.random.Generator) -> Image.Image:
    """The same with a speck, a white bar, or light from a side."""
    pixels = np.asarray(of_one_lightness(ink, chance)).astype(float)
    height, width, _ = pixels.shape
    match chance.integers(3):
        case 0:
            pixels[1 : 2 + height // 40, 1 : 2 + width // 40] = chance.choice([0, 255])
        case 1:
            pixels = np.pad(pixels, ((height // 30, 0), (0, 0), (0, 0)), constant_values=255)
        case 2:
            pixels += np.linspace(-20, 20, width)[None, :, None]
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


KINDS = [
    white_strokes,
    hole,
    grey_with_alpha,
    black_strokes,
    of_one_lightness,
    bright_colour,
    of_one_lightness_and_more,
]


@pytest.mark.parametrize("kind", KINDS)
def test_ink_that_shows_in_alpha_or_colour_alone_is_seen(client: Client, kind: object) -> None:
    chance = np.random.default_rng(1)
    pictures = [kind(mask(chance), chance) for _ in range(VARIANTS)]  # type: ignore[operator]
    found = [digits(client, png(picture)) for picture in pictures]

    assert found == [[RIGHT]] * VARIANTS


@pytest.mark.parametrize("mode", ["L", "RGB", "1", "I;16"])
@pytest.mark.parametrize("level", [0, 255])
def test_ink_on_a_level_that_is_transparent_is_seen(client: Client, mode: str, level: int) -> None:
    chance = np.random.default_rng(10)
    found = []
    for _ in range(20):
        ink = Image.eval(mask(chance), lambda value: 255 * (value > 127))
        picture = ink if level == 0 else Image.eval(ink, lambda value: 255 - value)
        key: object = level
        if mode == "RGB":
            key = (level,) * 3
        if mode == "I;16":
            picture, key = Image.fromarray(np.asarray(picture, np.uint16) * 257), level * 257
        file = io.BytesIO()
        (picture if mode == "I;16" else picture.convert(mode)).save(file, "PNG", transparency=key)
        found += digits(client, file.getvalue())

    assert found == [RIGHT] * 20


def dots(chance: np.random.Generator) -> Image.Image:
    """The seven as a fast mouse leaves it: a dot here and there along the line."""
    side, fine = int(chance.integers(60, 320)), 4
    scale, radius = chance.uniform(0.55, 0.8), chance.uniform(0.03, 0.045)
    apart = radius * chance.uniform(2.3, 4)
    left, top = chance.uniform(0.04, 0.96 - scale, 2)
    image = Image.new("L", (side * fine, side * fine), 0)
    pencil = ImageDraw.Draw(image)
    for (x0, y0), (x1, y1) in pairwise(SEVEN):
        number = max(2, round(np.hypot(x1 - x0, y1 - y0) / apart))
        for share in np.linspace(0, 1, number + 1).tolist():
            x, y = (left + (x0 + share * (x1 - x0)) * scale, top + (y0 + share * (y1 - y0)) * scale)
            pencil.ellipse(
                [(v + d * radius * scale) * side * fine for d in (-1, 1) for v in (x, y)], fill=255
            )
    return image.resize((side, side), Image.Resampling.BOX)


def test_dots_along_a_line_are_read(client: Client) -> None:
    chance = np.random.default_rng(4)
    pictures = [
        dots(chance) if chance.random() < 0.5 else Image.eval(dots(chance), lambda v: 255 - v)
        for _ in range(VARIANTS)
    ]
    found = [digits(client, png(picture)) for picture in pictures]

    assert [None] not in found
    assert found.count([RIGHT]) >= 97


def test_a_digit_beside_a_bar_in_a_box_or_in_half_a_shadow_is_read(client: Client) -> None:
    chance = np.random.default_rng(8)
    found = []
    for number in range(VARIANTS):
        side = int(chance.integers(150, 500))
        picture = 255 - np.asarray(mask(chance, side)) * chance.uniform(0.8, 1)
        bar, level = round(side * chance.uniform(0.05, 0.2)), chance.uniform(0, 90)
        match number % 4:
            case 0:
                picture = np.pad(picture, ((bar, 0), (0, 0)), constant_values=level)
            case 1:
                picture = np.pad(picture, ((0, 0), (bar, 0)), constant_values=level)
            case 2:
                picture = np.pad(np.pad(picture, 3, constant_values=level), bar, constant_values=255)
            case 3:
                picture[:, side // 2 :] *= chance.uniform(0.5, 0.6)
        found += digits(client, png(Image.fromarray(picture.astype(np.uint8))))

    assert found.count(RIGHT) >= 94


def test_a_digit_in_a_corner_of_any_size_is_read(client: Client) -> None:
    chance = np.random.default_rng(5)
    found = []
    for _ in range(VARIANTS):
        digit = mask(chance)
        digit = digit.crop(digit.getbbox())
        width, height = (round(max(digit.size) / chance.uniform(0.1, 1)) for _ in range(2))
        page = Image.new("L", (max(width, digit.width), max(height, digit.height)), 255)
        corner = [
            int(chance.integers(0, 2)) * (whole - part)
            for whole, part in zip(page.size, digit.size, strict=True)
        ]
        page.paste(0, tuple(corner), mask=digit)
        found.append(digits(client, png(page)))

    assert found == [[RIGHT]] * VARIANTS


def test_ink_that_shows_in_colour_alone_is_seen_in_a_jpeg(client: Client) -> None:
    chance = np.random.default_rng(5)
    found = []
    for _ in range(VARIANTS):
        picture = of_one_lightness(mask(chance, side=int(chance.integers(120, 1_000))), chance)
        file = io.BytesIO()
        picture.save(
            file, "JPEG", quality=int(chance.integers(80, 96)), progressive=bool(chance.random() < 0.3)
        )
        found += digits(client, file.getvalue(), "image/jpeg")

    assert found == [RIGHT] * VARIANTS


def test_a_photo_is_read_at_any_size_and_operations_work_on_all_of_it(client: Client) -> None:
    chance = np.random.default_rng(6)
    for side in (300, 641, 1_301, 2_001):
        picture = Image.eval(mask(chance, side), lambda value: 230 - value * 3 // 4)
        file = io.BytesIO()
        picture.save(file, "JPEG")
        answer = client.post(
            "/pool",
            content=file.getvalue(),
            headers={"Content-Type": "image/jpeg", "Accept": "application/x-npy"},
        )

        assert digits(client, file.getvalue(), "image/jpeg") == [RIGHT]
        assert np.load(io.BytesIO(answer.content)).shape == (side // 2, side // 2)


def test_ink_that_shows_in_colour_alone_is_seen_beside_what_is_light_or_dark(client: Client) -> None:
    chance = np.random.default_rng(1)
    pictures = [of_one_lightness_and_more(mask(chance), chance) for _ in range(VARIANTS)]
    found = [digits(client, png(picture)) for picture in pictures]

    assert found.count([RIGHT]) >= 97


def test_ink_that_shows_in_colour_alone_is_seen_in_28x28(client: Client) -> None:
    chance = np.random.default_rng(9)
    pictures = [np.asarray(of_one_lightness(mask(chance, 28), chance)) for _ in range(VARIANTS)]
    found = [digits(client, npy(picture), "application/x-npy") for picture in pictures]

    assert found == [[RIGHT]] * VARIANTS


def test_masks_of_the_levels_0_and_1_are_read(client: Client) -> None:
    chance = np.random.default_rng(2)
    for _ in range(20):
        ones = (np.asarray(mask(chance, side=int(chance.integers(28, 100)))) > 127).astype(np.uint8)
        if chance.random() < 0.5:
            ones = 1 - ones

        assert digits(client, npy(ones), "application/x-npy") == [RIGHT]
        assert digits(client, png(Image.fromarray(ones))) == [RIGHT]
        assert digits(client, png(Image.fromarray(ones).convert("RGB"))) == [RIGHT]
        assert digits(client, json.dumps({"pixels": ones.tolist()}).encode(), "application/json") == [RIGHT]


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_arrays_with_an_axis_of_one_channel_are_taken(client: Client, dtype: type) -> None:
    chance = np.random.default_rng(3)
    images = np.stack([np.asarray(mask(chance, side=28)) for _ in range(5)]).astype(dtype)
    if dtype is np.float32:
        images = images / np.float32(255)

    assert digits(client, npy(images[..., None]), "application/x-npy") == [RIGHT] * 5
    assert digits(client, npy(images[0][..., None]), "application/x-npy") == [RIGHT]


SHAPES = [(10, 784), (1, 784), (784,), (3, 5, 784), (784, 1), (784, 2), (784, 6), (5, 784, 1)]


@pytest.mark.parametrize("shape", SHAPES)
def test_images_in_one_row_or_column_each_are_refused_with_the_shape_to_send(
    client: Client, shape: tuple[int, ...]
) -> None:
    zeros = np.zeros(shape, np.uint8)
    for content, media_type in (
        (npy(zeros), "application/x-npy"),
        (json.dumps({"pixels": zeros.tolist()}).encode(), "application/json"),
    ):
        answer = client.post("/predict", content=content, headers={"Content-Type": media_type})

        assert answer.status_code == 422
        assert "(number, 28, 28)" in answer.text


@pytest.mark.parametrize("shape", [(28, 28, 4), (50, 40, 2), (100, 200, 4)])
def test_an_array_with_alpha_is_refused_with_what_to_send(client: Client, shape: tuple[int, ...]) -> None:
    zeros = npy(np.zeros(shape, np.uint8))
    answer = client.post("/predict", content=zeros, headers={"Content-Type": "application/x-npy"})

    assert answer.status_code == 422
    assert "alpha" in answer.text
    assert "(height, width, 3)" in answer.text


XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
    ' xmlns:tiff="http://ns.adobe.com/tiff/1.0/"><rdf:Description{}</rdf:RDF></x:xmpmeta>'
)
ATTRIBUTE = XMP.format(' tiff:Orientation="{}"/>')
ELEMENT = XMP.format("><tiff:Orientation>{}</tiff:Orientation></rdf:Description>")


@pytest.mark.parametrize(
    "said_by", ["EXIF", ATTRIBUTE, ELEMENT, "both"], ids=["exif", "attribute", "element", "both"]
)
def test_a_digit_that_was_stored_turned_is_read_upright(client: Client, said_by: str, stored: Stored) -> None:
    chance = np.random.default_rng(4)
    found = []
    for number in range(VARIANTS):
        orientation, kind = number % 7 + 2, ("JPEG", "PNG", "WEBP")[number % 3]
        ink = mask(chance)
        turned = stored(Image.eval(ink, lambda value: 255 - value).convert("RGB"), orientation)
        options: dict[str, object] = {}
        if said_by in {"EXIF", "both"}:
            exif = Image.Exif()
            exif[0x0112] = orientation
            options["exif"] = exif.tobytes()
        if said_by != "EXIF":
            text = ATTRIBUTE.format(orientation % 8 + 1) if said_by == "both" else said_by.format(orientation)
            texts = PngInfo()
            texts.add_itxt("XML:com.adobe.xmp", text)
            options |= {"pnginfo": texts} if kind == "PNG" else {"xmp": text.encode()}
        file = io.BytesIO()
        turned.save(file, kind, **options)
        found.append(digits(client, file.getvalue(), "application/octet-stream"))

    assert found == [[RIGHT]] * VARIANTS
