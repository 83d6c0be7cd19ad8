"""Any picture of one digit becomes the image that MNIST would have made of it."""

import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framing.mnist import SIZE_PX
from service.digits import preparation, recognition
from service.digits.preparation import Prepared
from service.repository.repository import Repository

Grey = npt.NDArray[np.uint8]
Points = list[tuple[float, float]]
Prepare = Callable[[Grey], Prepared]

SEVEN: list[Points] = [[(0.1, 0.05), (0.9, 0.05), (0.4, 0.95)]]
FOUR: list[Points] = [[(0.35, 0.05), (0.1, 0.6), (0.9, 0.6)], [(0.7, 0.3), (0.65, 0.95)]]
FIVE: list[Points] = [
    [(0.2, 0.1), (0.15, 0.45), (0.6, 0.4), (0.85, 0.65), (0.6, 0.9), (0.15, 0.85)],
    [(0.3, 0.05), (0.9, 0.02)],
]
ONE: list[Points] = [[(0.5, 0.0), (0.48, 1.0)]]
DIGITS = {"one": ONE, "four": FOUR, "five": FIVE, "seven": SEVEN}


@pytest.fixture(scope="module")
def prepare(packaged: Repository) -> Prepare:
    """The whole way: by levels, and what they do not tell by the packaged network that finds ink."""

    def whole_way(picture: Grey) -> Prepared:
        (prepared,) = recognition.prepare(
            [preparation.by_levels(preparation.seen(picture))], packaged.ink, SIZE_PX
        )
        return prepared

    return whole_way


def draw(strokes: list[Points], *, side: int, height: int, pen: int, at: tuple[int, int]) -> Grey:
    """Draw strokes in black on white, smooth edged."""
    picture = np.full((side, side), 255, np.uint8)
    top, left = at
    for stroke in strokes:
        points = np.array([[left + x * height * 0.7, top + y * height] for x, y in stroke])
        cv2.polylines(
            picture,
            [np.rint(points * 16).astype(np.int32)],
            isClosed=False,
            color=0,
            thickness=pen,
            lineType=cv2.LINE_AA,
            shift=4,
        )
    return picture


def ready(strokes: list[Points]) -> Grey:
    """What MNIST would have: box of 20 pixels by area, centre of mass at index 14, light on black."""
    ink = 255 - draw(strokes, side=400, height=240, pen=34, at=(80, 100))
    left, top, width, height = cv2.boundingRect((ink > 96).astype(np.uint8))
    scale = 20 / max(width, height)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(ink[top : top + height, left : left + width], size, interpolation=cv2.INTER_AREA)
    rows, columns = np.indices(small.shape)
    down = round(14 - float((rows * small).sum() / small.sum()))
    right = round(14 - float((columns * small).sum() / small.sum()))
    image = np.zeros((28, 28), np.uint8)
    image[down : down + size[1], right : right + size[0]] = small
    return cv2.normalize(image, image, 0, 255, cv2.NORM_MINMAX)


def likeness(one: Grey, other: Grey) -> float:
    """Correlation of two images, a little blurred so that half a pixel does not matter."""
    a, b = (cv2.GaussianBlur(image, (0, 0), 1.0).ravel().astype(float) for image in (one, other))
    return float(np.corrcoef(a, b)[0, 1])


def photo(picture: Grey, *, seed: int = 3) -> Grey:
    """Put a slanted light, a soft shadow and grain on a drawing."""
    random = np.random.default_rng(seed)
    rows, columns = np.indices(picture.shape) / max(picture.shape)
    light = (0.9 - 0.35 * columns) * (1 - 0.3 / (1 + np.exp((rows + columns - 0.9) * 30)))
    ink = 0.25 + 0.75 * (picture / 255.0)
    return np.clip(ink * light * 255 + random.normal(0, 2, picture.shape), 0, 255).astype(np.uint8)


def ruled(picture: Grey, *, at: tuple[int, ...], thickness: int, tone: int, tilt: int = 0) -> Grey:
    """Print lines from frame to frame in both directions, and let the drawing lie on them."""
    paper = np.full_like(picture, 255)
    last = picture.shape[0] - 1
    for place in at:
        cv2.line(paper, (0, place - tilt), (last, place + tilt), tone, thickness, cv2.LINE_AA)
        cv2.line(paper, (place + tilt, 0), (place - tilt, last), tone, thickness, cv2.LINE_AA)
    return np.minimum(paper, picture)


def centre_of_mass(image: Grey) -> tuple[float, float]:
    rows, columns = np.indices(image.shape)
    total = float(image.sum())
    return float((rows * image).sum()) / total, float((columns * image).sum()) / total


@pytest.mark.parametrize("name", DIGITS)
def test_an_image_with_the_geometry_of_mnist_comes_back_as_the_same_array(
    prepare: Prepare, name: str
) -> None:
    image = ready(DIGITS[name])

    assert prepare(image).image is image


@pytest.mark.parametrize("name", DIGITS)
def test_dark_on_light_with_the_geometry_of_mnist_is_only_inverted(prepare: Prepare, name: str) -> None:
    image = ready(DIGITS[name])
    prepared = prepare(255 - image)

    assert prepared.preparation.inverted
    np.testing.assert_array_equal(prepared.image, image)


@pytest.mark.parametrize("dark", [True, False])
@pytest.mark.parametrize("name", DIGITS)
def test_an_off_centre_drawing_of_either_polarity_is_recovered(
    prepare: Prepare, name: str, *, dark: bool
) -> None:
    drawing = draw(DIGITS[name], side=300, height=120, pen=16, at=(20, 150))
    prepared = prepare(drawing if dark else 255 - drawing)

    assert prepared.preparation.inverted is dark
    assert likeness(prepared.image, ready(DIGITS[name])) > 0.9


@pytest.mark.parametrize("name", DIGITS)
def test_the_result_has_the_geometry_of_mnist(prepare: Prepare, name: str) -> None:
    image = prepare(draw(DIGITS[name], side=300, height=180, pen=8, at=(30, 60))).image
    _, _, width, height = cv2.boundingRect(image)

    assert 19 <= max(width, height) <= 20
    assert image.max() == 255
    assert np.allclose(centre_of_mass(image), 14, atol=0.51)


@pytest.mark.parametrize("name", DIGITS)
def test_a_photo_with_shadow_and_grain_is_recovered(prepare: Prepare, name: str) -> None:
    prepared = prepare(photo(draw(DIGITS[name], side=500, height=220, pen=20, at=(60, 200))))

    assert likeness(prepared.image, ready(DIGITS[name])) > 0.8


@pytest.mark.parametrize(("thickness", "tone"), [(3, 0), (9, 40), (4, 150)])
@pytest.mark.parametrize("name", DIGITS)
def test_the_borders_of_a_printed_cell_vanish(prepare: Prepare, name: str, thickness: int, tone: int) -> None:
    drawing = draw(DIGITS[name], side=400, height=220, pen=22, at=(90, 120))
    prepared = prepare(photo(ruled(drawing, at=(30, 370), thickness=thickness, tone=tone, tilt=5)))

    assert likeness(prepared.image, ready(DIGITS[name])) > 0.9


@pytest.mark.parametrize("name", ["one", "four", "seven"])
def test_squared_paper_vanishes_and_crossed_strokes_are_mended(prepare: Prepare, name: str) -> None:
    drawing = draw(DIGITS[name], side=400, height=230, pen=20, at=(83, 112))
    prepared = prepare(photo(ruled(drawing, at=tuple(range(25, 400, 50)), thickness=2, tone=130, tilt=3)))

    assert likeness(prepared.image, ready(DIGITS[name])) > 0.85


def test_a_stroke_across_the_border_of_its_cell_stays_whole(prepare: Prepare) -> None:
    drawing = draw(ONE, side=400, height=260, pen=22, at=(10, 110))
    prepared = prepare(photo(ruled(drawing, at=(50, 360), thickness=6, tone=60)))

    assert likeness(prepared.image, ready(ONE)) > 0.9
    assert prepared.preparation.box is not None
    assert prepared.preparation.box[0] < 30


def test_the_digit_of_a_neighbouring_cell_is_left_out(prepare: Prepare) -> None:
    drawing = draw(SEVEN, side=400, height=180, pen=18, at=(80, 60))
    neighbour = draw(FIVE, side=400, height=180, pen=18, at=(80, 330))
    prepared = prepare(photo(ruled(np.minimum(drawing, neighbour), at=(310,), thickness=5, tone=40)))

    assert likeness(prepared.image, ready(SEVEN)) > 0.9


def test_the_loose_bar_of_a_five_is_kept_and_specks_are_not(prepare: Prepare) -> None:
    drawing = draw(FIVE, side=300, height=200, pen=18, at=(40, 70))
    spotted = drawing.copy()
    spotted[10:13, 10:13] = 0
    spotted[280:283, 200:202] = 0

    np.testing.assert_array_equal(prepare(spotted).image, prepare(drawing).image)


def test_a_thin_pen_becomes_a_stroke_of_the_usual_width(prepare: Prepare) -> None:
    thin = prepare(draw(SEVEN, side=400, height=300, pen=3, at=(40, 80))).image

    assert likeness(thin, ready(SEVEN)) > 0.85


@pytest.mark.parametrize("size", [(55, 79), (79, 55)])
def test_a_one_from_frame_to_frame_in_a_bilevel_scan_is_no_printed_line(
    prepare: Prepare, size: tuple[int, int]
) -> None:
    scan = np.full(size, 255, np.uint8)
    scan[:, size[1] // 2 - 3 : size[1] // 2 + 3] = 0
    prepared = prepare(scan)

    assert not prepared.is_blank
    assert (
        prepared.preparation.box == (0, size[1] // 2 - 3, size[0], 6)
        or likeness(prepared.image, ready(ONE)) > 0.9
    )


def empty_cell() -> Grey:
    return photo(ruled(np.full((300, 300), 255, np.uint8), at=(25, 270), thickness=5, tone=30))


def slanted_light() -> Grey:
    return np.tile(np.linspace(120, 250, 300).astype(np.uint8), (200, 1))


def plain_paper() -> Grey:
    return photo(np.full((300, 400), 255, np.uint8))


@pytest.mark.parametrize("scene", [empty_cell, slanted_light, plain_paper])
def test_paper_without_ink_is_blank(prepare: Prepare, scene: Callable[[], Grey]) -> None:
    prepared = prepare(scene())

    assert prepared.is_blank
    assert not prepared.image.any()


@pytest.mark.parametrize("level", [0, 1, 127, 254, 255])
@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 1), (28, 28), (90, 120)])
def test_one_level_is_blank(prepare: Prepare, size: tuple[int, int], level: int) -> None:
    assert prepare(np.full(size, level, np.uint8)).is_blank


@pytest.mark.parametrize("channels", [(), (3,)])
@pytest.mark.parametrize(
    "size", [(1, 1), (1, 7), (7, 1), (2, 2), (16, 16), (28, 28), (36, 900), (900, 3), (130, 140)]
)
def test_no_picture_is_refused(prepare: Prepare, size: tuple[int, int], channels: tuple[int, ...]) -> None:
    random = np.random.default_rng(0)
    noise = random.integers(0, 256, size + channels, dtype=np.uint8)
    for picture in (noise, (noise > 128).astype(np.uint8) * 255, (noise > 250).astype(np.uint8) * 255):
        prepared = prepare(picture)

        assert prepared.image.shape == (28, 28)
        assert prepared.image.dtype == np.uint8


def strange(chance: np.random.Generator) -> Grey:
    """Give stripes, steps, ramps, boards, noise, specks, bars, frames or a line, of any size and levels."""
    height, width = np.exp(chance.uniform(0, 6.6, 2)).astype(int).tolist()
    ground, ink = chance.integers(0, 256, 2).tolist()
    period = int(chance.integers(2, 40))
    rows, columns = np.indices((height, width))
    top, left, bottom, right = chance.uniform(0, 1, 4) * (height, width, height, width)
    masks = [
        columns % period == 0,
        rows % period == 0,
        (rows % period == 0) | (columns % period == 0),
        (rows + columns) % period < period / 2,
        (rows // period + columns // period) % 2,
        columns / width,
        np.maximum(rows % period == 0, columns / width),
        chance.uniform(0, 1, (height, width)),
        chance.random((height, width)) < chance.random() ** 3,
        (rows >= top) & (rows <= bottom) & (columns >= left) & (columns <= right),
        (rows % max(height - 1, 1) == 0) | (columns % max(width - 1, 1) == 0),
        abs((rows - top) * (right - left) - (columns - left) * (bottom - top)) < max(height, width),
    ]
    return np.rint(ground + (ink - ground) * masks[chance.integers(len(masks))]).astype(np.uint8)


def test_no_pattern_is_refused(prepare: Prepare) -> None:
    chance = np.random.default_rng(7)
    for _ in range(500):
        picture = strange(chance)
        prepared = prepare(picture)

        assert prepared.image.shape == (28, 28)
        assert prepared.is_blank or prepared.image.any()


def test_colour_is_read_as_its_luminance(prepare: Prepare) -> None:
    drawing = photo(draw(FOUR, side=300, height=180, pen=12, at=(40, 80)))

    np.testing.assert_array_equal(prepare(np.dstack([drawing] * 3)).image, prepare(drawing).image)


@pytest.mark.parametrize("lightest", [1, 2, 15, 16, 31])
@pytest.mark.parametrize("channels", [(), (3,)])
def test_levels_of_two_or_a_few_are_those_of_ink(
    prepare: Prepare, lightest: int, channels: tuple[int, ...]
) -> None:
    ink = 255 - draw(FOUR, side=300, height=180, pen=12, at=(40, 80))
    for counts in (np.rint(ink / 255 * lightest), lightest - np.rint(ink / 255 * lightest)):
        picture = np.broadcast_to(counts.reshape(300, 300, *[1] * len(channels)), (300, 300, *channels))

        assert likeness(prepare(picture.astype(np.uint8)).image, prepare(ink).image) > 0.95


@pytest.mark.parametrize("mean", [0, 5, 12])
def test_the_noise_of_a_dark_photo_is_no_ink(prepare: Prepare, mean: int) -> None:
    chance = np.random.default_rng(0)
    for deviation in (1, 3):
        noise = np.clip(chance.normal(mean, deviation, (240, 320)), 0, 31).astype(np.uint8)

        assert prepare(noise).is_blank


def test_the_picture_itself_is_not_changed(prepare: Prepare) -> None:
    picture = photo(draw(FOUR, side=300, height=180, pen=12, at=(40, 80)))
    before = picture.copy()
    prepare(picture)

    np.testing.assert_array_equal(picture, before)


def test_every_step_is_reported_in_json(prepare: Prepare) -> None:
    prepared = prepare(photo(draw(FOUR, side=600, height=200, pen=14, at=(300, 80))))
    report = json.loads(prepared.preparation.model_dump_json())
    top, left, height, width = report["box"]

    assert report["inverted"]
    assert abs(top - 303) < 15
    assert abs(left - 87) < 15
    assert report["scale"] == pytest.approx(20 / max(height, width), rel=0.05)


@given(st.integers(0, 2**32), st.integers(1, 900), st.integers(1, 900))
def test_a_box_lies_in_the_picture_as_it_was_sent(
    prepare: Prepare, seed: int, height: int, width: int
) -> None:
    chance = np.random.default_rng(seed)
    picture = np.full((height, width), chance.integers(256), np.uint8)
    for _ in range(chance.integers(1, 4)):
        (top, bottom), (left, right) = (np.sort(chance.integers(0, side + 1, 2)) for side in (height, width))
        picture[top:bottom, left:right] = chance.integers(256)
    steps = prepare(picture).preparation

    if steps.box is not None:
        top, left, tall, wide = steps.box
        assert 0 <= top < top + tall <= height
        assert 0 <= left < left + wide <= width


@pytest.mark.parametrize(("at", "touches"), [((7, 80), True), ((60, 212), False), ((60, 227), True)])
def test_a_digit_at_the_edge_of_the_picture_is_told(
    prepare: Prepare, at: tuple[int, int], *, touches: bool
) -> None:
    steps = prepare(draw(ONE, side=300, height=200, pen=14, at=at)).preparation

    assert steps.warnings == (("the digit touches the edge of the picture",) if touches else ())


def test_every_image_of_mnist_comes_back_untouched(prepare: Prepare, mnist_path: Path) -> None:
    with np.load(mnist_path) as arrays:
        images = arrays["x_train"]

    assert all(prepare(image).image is image for image in images)
    for image in images[:1_000]:
        assert np.array_equal(prepare(np.dstack([image] * 3)).image, image)


@pytest.mark.parametrize("margin", [0, 1, 3])
@pytest.mark.parametrize("factor", [1.6, 3.0, 6.0])
@pytest.mark.parametrize("dark", [True, False], ids=["dark on light", "light on dark"])
def test_a_tightly_cropped_scan_keeps_its_polarity_and_every_stroke(
    prepare: Prepare, digits: np.ndarray, margin: int, factor: float, *, dark: bool
) -> None:
    for digit in (0, *range(2, 10)):  # An upright one without any margin is a bar: it could be either.
        large = cv2.resize(digits[digit], None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
        ink = np.where(large > 110, 255, 0).astype(np.uint8)
        x, y, width, height = cv2.boundingRect(ink)
        scan = np.pad(ink[y : y + height, x : x + width], margin)
        prepared = prepare(255 - scan if dark else scan)
        # The centre of mass may round to the next pixel.
        alike = cv2.matchTemplate(np.pad(prepared.image, 1), digits[digit], cv2.TM_CCOEFF_NORMED).max()

        assert not prepared.is_blank
        assert prepared.preparation.inverted == dark
        assert alike > 0.93


@pytest.mark.parametrize("digit", range(10))
def test_printed_borders_around_an_evenly_lit_cell_do_not_turn_paper_into_ink(
    prepare: Prepare, digits: np.ndarray, digit: int
) -> None:
    cell = np.pad(cv2.resize(digits[digit], (84, 84), interpolation=cv2.INTER_CUBIC), 8)
    cell[[*range(3), *range(-3, 0)]] = 255
    cell[:, [*range(3), *range(-3, 0)]] = 255
    prepared = prepare(255 - cell)
    alike = cv2.matchTemplate(np.pad(prepared.image, 1), digits[digit], cv2.TM_CCOEFF_NORMED).max()

    assert prepared.preparation.inverted
    assert alike > 0.93
