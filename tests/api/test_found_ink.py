"""Ink that levels cannot tell is found by a network, whatever the image is for; what is no digit says why."""

import io
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from httpx2 import Client
from PIL import Image, ImageDraw, ImageFilter

from service.app import create_app
from service.application import Application
from service.settings import Settings

PNG = {"Content-Type": "image/png"}
SHAPES: dict[int, list[list[tuple[float, float]]]] = {
    1: [[(0.4, 0.2), (0.55, 0.05), (0.55, 0.95)]],
    4: [[(0.3, 0.05), (0.12, 0.6), (0.88, 0.6)], [(0.65, 0.3), (0.65, 0.95)]],
    7: [[(0.15, 0.06), (0.85, 0.06), (0.42, 0.94)]],
}


def ink(digit: int, size: tuple[int, int], box: tuple[float, float, float], pen: float = 0.13) -> Image.Image:
    """Draw a digit: its coverage, 0 to 255. ``box`` is left, top and height, as parts of the height."""
    fine, (width, height) = 3, size
    left, top, high = (part * height * fine for part in box)
    image = Image.new("L", (width * fine, height * fine), 0)
    for stroke in SHAPES[digit]:
        points = [(left + x * high * 0.75, top + y * high) for x, y in stroke]
        ImageDraw.Draw(image).line(points, fill=255, width=round(pen * high), joint="curve")
    return image.resize(size, Image.Resampling.BOX)


def photo(drawn: Image.Image, seed: int = 0, *, is_ruled: bool = False) -> npt.NDArray[np.uint8]:
    """Photograph ink on paper: slanted light, a soft lens, grain, colour; some paper has printed lines."""
    random = np.random.default_rng(seed)
    cover = np.asarray(drawn.filter(ImageFilter.GaussianBlur(1.2)), np.float64) / 255
    down, across = np.indices(cover.shape) / max(cover.shape)
    if is_ruled:
        cover = np.maximum(cover, 0.35 * (down * 8 % 1 < 0.05))
    light = 215 - 90 * across - 40 * down
    grey = light * (1 - 0.75 * cover) + random.normal(0, 3, cover.shape)
    return np.stack([grey, grey * 0.98, grey * 0.9], axis=-1).clip(0, 255).astype(np.uint8)


def png(picture: npt.NDArray[np.uint8] | Image.Image) -> bytes:
    file = io.BytesIO()
    (picture if isinstance(picture, Image.Image) else Image.fromarray(picture)).save(file, "PNG")
    return file.getvalue()


def ask(client: Client, body: bytes, query: str = "") -> dict[str, object]:
    answer = client.post(f"/predict{query}", content=body, headers=PNG)
    assert answer.status_code == 200, answer.text
    (prediction,) = answer.json()["predictions"]
    return prediction


def open_four() -> npt.NDArray[np.uint8]:
    """A drawing of one ground whose two strokes do not touch: by levels alone it might be two digits."""
    drawn = Image.new("L", (200, 200), 0)
    pencil = ImageDraw.Draw(drawn)
    pencil.line([(70, 40), (50, 110), (105, 110)], 255, 14, joint="curve")
    pencil.line([(125, 60), (125, 165)], 255, 14)
    return np.asarray(drawn)


@pytest.mark.parametrize(
    ("digit", "is_ruled", "how", "looks"),
    [
        (4, False, "levelled", {0}),
        (7, False, "levelled", {0}),
        # What is slim may be an edge or a line, so the network has to see it.
        (1, False, "network", {1, 2}),
        *((digit, True, "network", {1, 2}) for digit in SHAPES),
    ],
)
def test_a_photo_is_read_and_its_steps_say_how(
    client: Client, digit: int, how: str, looks: set[int], *, is_ruled: bool
) -> None:
    taken = photo(ink(digit, (640, 480), (0.4, 0.2, 0.6)), is_ruled=is_ruled)
    found = ask(client, png(taken), "?include=prepared")
    steps = found["prepared"]["steps"]

    assert (found["digit"], found["is_digit"]) == (digit, True)
    assert (steps["ink"], steps["inverted"]) == (how, True)
    assert steps["looks"] in looks
    top, left, height, _ = steps["box"]
    assert abs(top - 0.23 * 480) < 20
    assert left > 0.4 * 480
    assert steps["scale"] == pytest.approx(20 / height, rel=0.02)


def test_where_even_light_leaves_a_doubt_the_network_looks(client: Client) -> None:
    chance = np.random.default_rng(2)
    scribble = Image.new("L", (300, 300), 0)
    places = [tuple(at) for at in chance.integers(60, 240, (12, 2)).tolist()]
    ImageDraw.Draw(scribble).line(places, 255, 8)
    found = ask(client, png(photo(scribble)), "?include=prepared")

    assert found["prepared"]["steps"]["ink"] == "network"
    assert not found["is_digit"]


def test_light_ink_on_a_dark_photo_is_not_said_to_be_inverted(client: Client) -> None:
    found = ask(client, png(255 - photo(ink(7, (400, 400), (0.25, 0.2, 0.6)))), "?include=prepared")

    assert (found["digit"], found["prepared"]["steps"]["inverted"]) == (7, False)


def test_framed_images_and_drawings_say_how_their_ink_was_found(client: Client, digits: np.ndarray) -> None:
    framed = ask(client, png(digits[7]), "?include=prepared")
    drawing = ask(client, png(ink(7, (280, 280), (0.2, 0.2, 0.5))), "?include=prepared")

    assert [one["prepared"]["steps"]["ink"] for one in (framed, drawing)] == ["framed", "levels"]


@pytest.mark.parametrize("around", ["bars", "border", "disc", "card", "table"])
@pytest.mark.parametrize("digit", SHAPES)
def test_what_is_around_a_drawing_is_no_ink(client: Client, around: str, digit: int) -> None:
    page = 255 - np.asarray(ink(digit, (300, 300), (0.3, 0.25, 0.5)))
    down, across = np.indices(page.shape)
    match around:
        case "bars":
            page = np.pad(page, ((120, 120), (0, 0)))
        case "border":
            page[:4] = page[-4:] = page[:, :4] = page[:, -4:] = 0
        case "disc":
            page = np.where((down - 150) ** 2 + (across - 150) ** 2 < 140**2, page, 0)
        case "card":
            page = np.where((abs(down - 150) < 120) & (abs(across - 150) < 130), 255 - page, 255)
        case "table":
            page = np.pad(page, 60, constant_values=60)

    found = ask(client, png(page.astype(np.uint8)))

    assert (found["digit"], found["is_digit"]) == (digit, True)


@pytest.mark.parametrize("digit", SHAPES)
def test_a_small_card_is_looked_at_nearer(client: Client, digit: int) -> None:
    page = np.full((300, 300), 255, np.uint8)
    page[60:108, 130:178] = np.asarray(ink(digit, (48, 48), (0.25, 0.3, 0.5)))

    found = ask(client, png(page), "?include=prepared")

    assert (found["digit"], found["is_digit"], found["prepared"]["steps"]["looks"]) == (digit, True, 2)
    assert found["confidence"] > 0.9


@pytest.mark.parametrize("shape", ["disc", "square", "card"])
@pytest.mark.parametrize("is_dark", [True, False])
def test_a_plain_shape_is_no_digit(client: Client, shape: str, *, is_dark: bool) -> None:
    down, across = (abs(place - 100) for place in np.indices((200, 200)))
    inside = {
        "disc": down**2 + across**2 < 60**2,
        "square": (down < 60) & (across < 60),
        "card": (down < 60) & (across < 45),
    }[shape]

    found = ask(client, png(np.where(inside == is_dark, 0, 255).astype(np.uint8)))

    assert (found["is_digit"], found["reason"]) == (False, "unfamiliar")


def test_what_levels_leave_doubtful_is_found_by_the_network(client: Client) -> None:
    found = ask(client, png(open_four()), "?include=prepared")

    assert found["prepared"]["steps"]["ink"] == "network"
    assert (found["digit"], found["is_digit"]) == (4, True)


def test_each_way_to_ask_sees_the_same_image(client: Client) -> None:
    """Predictions, feature maps and the Open Inference Protocol; alone and beside others."""
    files = [
        png(open_four()),
        png(photo(ink(4, (320, 240), (0.4, 0.2, 0.6)))),
        png(ink(7, (90, 90), (0.2, 0.2, 0.6))),
    ]
    alone = [ask(client, file)["probabilities"] for file in files]
    form = [("image", (f"{number}.png", file, "image/png")) for number, file in enumerate(files)]
    together = [one["probabilities"] for one in client.post("/predict", files=form).json()["predictions"]]
    maps = client.post("/feature-maps?layers=dense_2", files=form).json()["images"]

    np.testing.assert_allclose(together, alone, atol=1e-5)
    np.testing.assert_allclose([one["layers"][0]["vector"] for one in maps], alone, atol=1e-5)


@pytest.mark.parametrize("is_photo", [False, True])
def test_several_digits_are_told(client: Client, *, is_photo: bool) -> None:
    drawn = Image.fromarray(
        np.maximum(
            np.asarray(ink(4, (400, 300), (0.15, 0.2, 0.6))), np.asarray(ink(7, (400, 300), (0.75, 0.2, 0.6)))
        )
    )
    found = ask(client, png(photo(drawn) if is_photo else drawn))

    assert (found["is_digit"], found["reason"]) == (False, "several")


@pytest.mark.parametrize(("first", "second"), [(1, 7), (7, 1), (1, 1), (4, 1)])
def test_a_one_counts_though_it_is_as_slim_as_a_line(client: Client, first: int, second: int) -> None:
    left, right = (
        np.asarray(ink(digit, (300, 300), (across, 0.3, 0.4), pen=0.1))
        for digit, across in ((first, 0.15), (second, 0.5))
    )

    found = ask(client, png(Image.fromarray(np.maximum(left, right))))

    assert (found["is_digit"], found["reason"]) == (False, "several")


@pytest.mark.parametrize("is_photo", [False, True])
@pytest.mark.parametrize("share", [0.25, 0.1])
def test_a_number_that_is_small_in_its_page_is_several_digits(
    client: Client, share: float, *, is_photo: bool
) -> None:
    four, seven = (
        np.asarray(ink(digit, (800, 600), (left, 0.3, share)))
        for digit, left in ((4, 0.4), (7, 0.4 + 0.9 * share))
    )
    drawn = Image.fromarray(np.maximum(four, seven))

    found = ask(client, png(photo(drawn) if is_photo else drawn))

    assert (found["is_digit"], found["reason"]) == (False, "several")


@pytest.mark.parametrize("is_photo", [False, True])
@pytest.mark.parametrize("second", [(0.4, 0.52), (0.75, 0.6), (0.05, 0.55)])
def test_digits_below_each_other_or_apart_are_several(
    client: Client, second: tuple[float, float], *, is_photo: bool
) -> None:
    first, other = (
        np.asarray(ink(digit, (400, 400), (*corner, 0.32)))
        for digit, corner in ((4, (0.4, 0.06)), (7, second))
    )
    drawn = Image.fromarray(np.maximum(first, other))

    found = ask(client, png(photo(drawn) if is_photo else drawn))

    assert (found["is_digit"], found["reason"]) == (False, "several")


@pytest.mark.parametrize("is_photo", [False, True])
@pytest.mark.parametrize("digit", SHAPES)
def test_a_ring_around_a_digit_is_no_part_of_it(client: Client, digit: int, *, is_photo: bool) -> None:
    drawn = ink(digit, (300, 300), (0.37, 0.31, 0.38))
    ImageDraw.Draw(drawn).ellipse((40, 40, 260, 260), outline=255, width=4)

    found = ask(client, png(photo(drawn) if is_photo else drawn))

    assert (found["digit"], found["is_digit"]) == (digit, True)


@pytest.mark.parametrize("digit", SHAPES)
@pytest.mark.parametrize("high", [0.08, 0.1])
def test_a_digit_that_is_small_in_a_photo_is_found(client: Client, digit: int, high: float) -> None:
    picture = photo(ink(digit, (1600, 1200), (0.45, 0.4, high)))

    found = ask(client, png(picture), "?include=prepared")
    top, left, height, width = found["prepared"]["steps"]["box"]

    assert (found["digit"], found["is_digit"]) == (digit, True)
    assert 0 <= top <= top + height <= 1200
    assert 0 <= left <= left + width <= 1600


@pytest.mark.parametrize("level", [1, 127, 255])
def test_one_level_sent_as_it_is_has_no_digit(client: Client, level: int) -> None:
    found = ask(client, png(np.full((28, 28), level, np.uint8)), "?preprocess=none")

    assert (found["digit"], found["is_digit"], found["reason"]) == (None, False, "blank")


def test_a_picture_without_ink_is_blank(client: Client) -> None:
    found = ask(client, png(photo(Image.new("L", (400, 300), 0))))

    assert (found["digit"], found["is_digit"], found["reason"]) == (None, False, "blank")


@pytest.mark.parametrize("width", [4, 10, 20])
@pytest.mark.parametrize(
    "lines",
    [
        [[(60, 60), (220, 220)], [(220, 60), (60, 220)]],
        [[(140, 50), (140, 230)], [(50, 140), (230, 140)]],
        [[(50, 140), (230, 140)], [(170, 80), (230, 140), (170, 200)]],
    ],
    ids=["cross", "plus", "arrow"],
)
def test_a_digit_in_a_part_of_a_drawn_sign_is_none(
    client: Client, lines: list[list[tuple[int, int]]], width: int
) -> None:
    drawn = Image.new("L", (280, 280), 0)
    for line in lines:
        ImageDraw.Draw(drawn).line(line, 255, width)

    found = ask(client, png(drawn))

    assert (found["is_digit"], found["reason"]) == (False, "unfamiliar")


def test_what_is_unlike_a_digit_says_so(client: Client) -> None:
    scribble = Image.new("L", (200, 200), 0)
    chance = np.random.default_rng(2)
    ImageDraw.Draw(scribble).line([tuple(at) for at in chance.integers(10, 190, (30, 2)).tolist()], 255, 6)
    found = ask(client, png(scribble))

    assert (found["is_digit"], found["reason"]) == (False, "unfamiliar")


def test_without_the_network_for_ink_drawings_are_read_and_photos_say_what_is_missing(
    settings: Settings,
    served: Callable[[Application], AbstractContextManager[Client]],
    digits: np.ndarray,
    tmp_path: Path,
) -> None:
    app = create_app(settings.model_copy(update={"model_repository": tmp_path}))
    ruled = png(photo(ink(7, (64, 64), (0.2, 0.2, 0.6)), is_ruled=True))
    with served(app) as client:
        app.served.unload("ink")
        drawing = client.post("/predict", content=png(digits[3]), headers=PNG)
        refused = client.post("/predict", content=ruled, headers=PNG)
        app.served.load("ink")
        again = client.post("/predict", content=ruled, headers=PNG)

    assert drawing.json()["predictions"][0]["digit"] == 3
    assert (refused.status_code, refused.json()["type"]) == (503, "/problems/unserved")
    assert again.json()["predictions"][0]["digit"] == 7
