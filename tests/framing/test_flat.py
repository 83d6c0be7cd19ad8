"""On ground of one level the digit is found by levels alone; light, grain and lines are left to others."""

import tracemalloc
from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw
from scipy import ndimage

from framing.constants import CONSTANTS
from framing.flat import find, ground_of

Grey = npt.NDArray[np.uint8]
SEVEN = [(0.15, 0.1), (0.85, 0.1), (0.4, 0.9)]


def seven(side: int, *, pen: float = 0.1, ground: int = 0, ink: int = 255, at: float = 0.0) -> Grey:
    """Draw a seven by an independent library, smooth edged, moved to the right by a part of the side."""
    fine = 8
    large = Image.new("L", (side * fine, side * fine), ground)
    points = [((x * 0.6 + 0.1 + at) * side * fine, (y * 0.6 + 0.2) * side * fine) for x, y in SEVEN]
    ImageDraw.Draw(large).line(points, fill=ink, width=round(pen * side * fine), joint="curve")
    return np.asarray(large.resize((side, side), Image.Resampling.BOX))


def alike(one: Grey, other: Grey) -> float:
    """Correlate two images, blurred so that half a pixel does not matter."""
    a, b = (ndimage.gaussian_filter(image.astype(float), 1).ravel() for image in (one, other))
    return float(np.corrcoef(a, b)[0, 1])


def found(grey: Grey) -> Grey:
    digit = find(grey)
    assert digit is not None
    return digit.framed.image


EXPECTED = found(seven(280))


@pytest.mark.parametrize("side", [24, 28, 40, 64, 150, 280, 320, 700])
def test_a_drawing_of_any_size_is_framed_alike(side: int) -> None:
    assert alike(found(seven(side)), EXPECTED) > 0.9


@given(st.integers(0, 255), st.integers(0, 255), st.floats(-0.15, 0.2))
def test_neither_levels_nor_place_matter_as_long_as_there_is_contrast(
    ground: int, ink: int, at: float
) -> None:
    digit = find(seven(100, ground=ground, ink=ink, at=at))

    if abs(ground - ink) < CONSTANTS.least_contrast:
        assert digit is None
    else:
        assert digit is not None
        assert digit.is_dark == (ink < ground)
        assert alike(digit.framed.image, EXPECTED) > 0.9


def test_polarity_changes_nothing_but_what_is_told() -> None:
    for side in (28, 90, 280):
        light, dark = find(seven(side)), find(255 - seven(side))

        assert light
        assert dark
        # Halves are rounded upwards, of ink and of ground.
        difference = cv2.absdiff(light.framed.image, dark.framed.image)
        assert difference.max() <= (0 if side <= CONSTANTS.most_px else 3)
        assert (light.is_dark, dark.is_dark) == (False, True)


@pytest.mark.parametrize("side", [200, 280, 400])
@pytest.mark.parametrize("period", [4, 6])
def test_a_halftone_is_flat_in_either_polarity(side: int, period: int) -> None:
    waves = np.cos(2 * np.pi * np.arange(side) / period)
    dotted = np.where((waves[:, None] + waves > 0) & (seven(side) > 127), 255, 0).astype(np.uint8)

    assert alike(found(dotted), EXPECTED) > 0.8
    assert alike(found(255 - dotted), EXPECTED) > 0.8


def test_the_box_is_that_of_the_ink_in_the_picture() -> None:
    picture = np.zeros((400, 500), np.uint8)
    picture[100:200, 240:280] = 255
    digit = find(picture)

    assert digit
    assert np.abs(np.subtract(digit.box, (100, 240, 100, 40))).max() <= 4


@pytest.mark.parametrize("size", [(280, 280), (281, 323), (641, 643), (639, 477), (161, 161)])
def test_the_box_reaches_the_edge_where_the_ink_does_and_never_beyond(size: tuple[int, int]) -> None:
    height, width = size
    for top, left in ((height - 90, 60), (60, width - 80)):
        picture = np.full(size, 255, np.uint8)
        picture[top : top + 90, left : left + 20] = picture[top : top + 20, left : left + 80] = 0
        digit = find(picture)

        assert digit
        assert digit.box[0] + digit.box[2] <= height
        assert digit.box[1] + digit.box[3] <= width
        assert digit.box[0] + digit.box[2] == height or digit.box[1] + digit.box[3] == width


@pytest.mark.parametrize("size", [(800, 600), (1_920, 1_080), (640, 400)])
def test_a_digit_of_a_tenth_of_the_side_is_seen(size: tuple[int, int]) -> None:
    picture = np.zeros(size, np.uint8)
    small = seven(min(size) // 6)
    picture[100 : 100 + len(small), 200 : 200 + len(small)] = small

    assert alike(found(picture), EXPECTED) > 0.8


def test_stairs_of_two_levels_become_slants() -> None:
    stepped = np.where(seven(24) > 127, 255, 0).astype(np.uint8)

    assert alike(found(stepped), EXPECTED) > 0.93
    assert 0 < found(stepped)[found(stepped) > 0].min() < 255


@pytest.mark.parametrize("side", [2, 3, 8, 20, 39])
def test_what_is_smoothed_is_a_small_picture_however_few_pixels_it_had(
    side: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = []
    blur = cv2.GaussianBlur

    def spied(image: Grey, size: tuple[int, int], sigma: float) -> Grey:
        sizes.append(image.shape)
        return blur(image, size, sigma)

    monkeypatch.setattr(cv2, "GaussianBlur", spied)
    picture = np.zeros((60, 60), np.uint8)
    picture[10 : 10 + side, 10 : 10 + -(-side // 3)] = 255

    assert find(picture)
    assert sizes
    assert np.max(sizes) <= 130


def test_specks_are_left_out_and_dots_are_not() -> None:
    specked = seven(120).copy()
    specked[4:6, 4:6] = specked[110:112, 100:103] = 255
    dots = np.zeros((120, 120), np.uint8)
    for down in range(20, 100, 8):
        dots[down : down + 3, 60:63] = 255
    digit = find(dots)

    assert alike(found(specked), EXPECTED) > 0.93
    assert digit
    assert digit.box[2] >= 70


@pytest.mark.parametrize("pitch", [2, 3, 4, 6])
def test_a_grid_of_dots_is_a_texture_and_takes_no_more_memory_than_a_picture(pitch: int) -> None:
    grid = np.zeros((160, 160), np.uint8)
    grid[pitch:-pitch:pitch, pitch:-pitch:pitch] = 255

    tracemalloc.start()
    try:
        digit = find(grid)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert digit is None
    assert peak_bytes < 8 << 20


def test_ink_is_clean_without_specks_and_underlines_and_away_from_the_edge() -> None:
    specked, cut = seven(120).copy(), seven(120).copy()
    specked[4:6, 4:6] = specked[110:112, 100:103] = specked[110:112, 10:12] = 255
    cut[60:64] = 255
    marked = seven(120).copy()
    marked[108:112, 30:80] = 255
    drawings = (seven(120), specked, cut, on_a_card(255 - seven(120)), marked)

    assert [digit.is_clean for digit in map(find, drawings) if digit] == [True, False, False, False, False]
    assert [digit.is_doubtful for digit in map(find, (seven(120), marked)) if digit] == [False, True]


def shaded(picture: Grey) -> Grey:
    return (picture * np.linspace(0.6, 1, picture.shape[1])).astype(np.uint8)


def grainy(picture: Grey) -> Grey:
    return np.clip(picture + np.random.default_rng(0).normal(0, 25, picture.shape), 0, 255).astype(np.uint8)


def ruled(picture: Grey) -> Grey:
    paper = np.full_like(picture, 255)
    paper[::12] = 190
    return np.minimum(picture, paper)


def boxed(picture: Grey) -> Grey:
    printed = picture.copy()
    for edge in (10, -12):
        printed[edge : edge + 2, 10:-10] = printed[10:-10, edge : edge + 2] = 40
    return np.clip(printed - np.random.default_rng(0).integers(0, 4, picture.shape), 0, 255).astype(np.uint8)


def boxed_on_a_screen(picture: Grey) -> Grey:
    printed = picture.copy()
    printed[5:8, 5:-5] = printed[-8:-5, 5:-5] = printed[5:-5, 5:8] = printed[5:-5, -8:-5] = 0
    return printed


def underlined(picture: Grey) -> Grey:
    printed = picture.copy()
    printed[-6:-4, 3:-3] = 30
    return printed


def barred(picture: Grey) -> Grey:
    return np.pad(picture, ((picture.shape[0] // 8, 0), (0, 0)), constant_values=40)


def in_half_a_shadow(picture: Grey) -> Grey:
    darker = picture.copy()
    darker[:, picture.shape[1] // 2 :] = darker[:, picture.shape[1] // 2 :] * 0.55
    return darker


def in_a_corner_of_a_shadow(picture: Grey) -> Grey:
    rows, columns = np.indices(picture.shape)
    return np.where(rows + columns > picture.shape[0] * 1.1, picture * 0.5, picture).astype(np.uint8)


def speckled(picture: Grey) -> Grey:
    """On grey paper, with dots that are lighter."""
    paper = np.minimum(picture, 150)
    paper[::9, ::9] = 255
    return paper


def framed_by_a_mat(picture: Grey) -> Grey:
    """With dark all around but for a rim, as on a slide."""
    mat = picture.copy()
    mat[6:-6, 6:-6] = 255 - picture[6:-6, 6:-6]
    return mat


@pytest.mark.parametrize("kind", [shaded, grainy, ruled, boxed, speckled, framed_by_a_mat])
def test_what_is_not_flat_is_left_to_others(kind: object) -> None:
    picture = 255 - seven(120)

    assert find(picture)
    assert find(kind(picture)) is None  # type: ignore[operator]


def on_a_card(picture: Grey) -> Grey:
    return np.pad(255 - picture, picture.shape[0] // 4, constant_values=255)


def on_a_disc(picture: Grey) -> Grey:
    rows, columns = np.indices(picture.shape) - (picture.shape[0] - 1) / 2
    return np.where(np.hypot(rows, columns) < picture.shape[0] / 2.05, picture, 0).astype(np.uint8)


PRINTS = [
    boxed_on_a_screen,
    underlined,
    barred,
    in_half_a_shadow,
    in_a_corner_of_a_shadow,
]


@pytest.mark.parametrize("kind", [on_a_card, on_a_disc])
@pytest.mark.parametrize("side", [60, 120, 280])
def test_what_fills_its_box_is_solid_and_a_digit_is_not(side: int, kind: object) -> None:
    card = find(kind(255 - seven(side)))  # type: ignore[operator]

    assert card is None or card.is_solid
    assert not find(seven(side)).is_solid  # type: ignore[union-attr]


@pytest.mark.parametrize("kind", PRINTS)
@pytest.mark.parametrize("side", [60, 120, 280])
def test_print_and_shadows_on_even_ground_are_left_to_others(side: int, kind: object) -> None:
    for turns in range(4):
        picture = kind(np.rot90(255 - seven(side), turns))  # type: ignore[operator]

        assert find(np.rot90(picture, -turns)) is None
        assert find(255 - picture) is None


@pytest.mark.parametrize("side", [20, 28, 60, 280])
@pytest.mark.parametrize("pen", [0.08, 0.15, 0.2])
def test_a_seven_from_edge_to_edge_is_flat(side: int, pen: float) -> None:
    drawn = Image.new("L", (side, side), 255)
    bar = round(pen * side)
    pencil = ImageDraw.Draw(drawn)
    pencil.rectangle((0, 0, side, bar - 1), fill=0)
    pencil.line((side * 0.9, 0, side * 0.4, side), fill=0, width=bar)

    assert find(np.asarray(drawn))


@pytest.mark.parametrize("level", [0, 17, 128, 255])
@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (3, 2), (28, 28), (333, 1)])
def test_one_level_has_no_digit(level: int, shape: tuple[int, int]) -> None:
    assert find(np.full(shape, level, np.uint8)) is None


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_no_picture_is_too_strange(height: int, width: int, seed: int) -> None:
    chance = np.random.default_rng(seed)
    picture = chance.choice([0, 255, int(chance.integers(256))], (height, width)).astype(np.uint8)
    digit = find(picture)

    assert digit is None or digit.framed.image.shape == (28, 28)


def test_a_constant_can_be_moved_to_see_what_it_does() -> None:
    picture = seven(100, ground=0, ink=30)

    assert ground_of(picture)
    assert ground_of(picture, replace(CONSTANTS, least_contrast=31)) is None
