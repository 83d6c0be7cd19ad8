"""A photo of bare paper is flat once its light is even; slim marks, and what the edge cuts, are not taken."""

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageDraw

from framing import flat, light

Grey = npt.NDArray[np.uint8]
SIZE = (150, 200)
SEVEN = [(70, 30), (130, 30), (90, 115)]
SLOPES = [(0.5, 0), (0, 0.6), (0.4, 0.3), (-0.5, 0.4)]
"""How much darker it is at the far side: down and across."""


def ink(points: list[tuple[float, float]], pen: int = 9) -> npt.NDArray[np.float64]:
    """Draw a line; give the part of each pixel that is covered."""
    fine = 4
    page = Image.new("L", (SIZE[1] * fine, SIZE[0] * fine), 0)
    ImageDraw.Draw(page).line([(x * fine, y * fine) for x, y in points], 255, pen * fine, joint="curve")
    return np.asarray(page.resize(SIZE[::-1], Image.Resampling.BOX), float) / 255


def lit(paper: npt.NDArray[np.float64], slope: tuple[float, float], grain: float = 2.0) -> Grey:
    """Light a paper from one side, with the grain of a sensor."""
    down, across = np.indices(SIZE) / np.reshape(SIZE, (2, 1, 1))
    light = 225 * (1 - np.clip(slope[0] * down + slope[1] * across, -0.1, 0.8))
    noise = np.random.default_rng(7).normal(0, grain, SIZE)
    return np.clip(paper * light + noise, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("slope", SLOPES)
def test_paper_has_one_level_when_the_light_is_even(slope: tuple[float, float]) -> None:
    paper = lit(np.ones(SIZE), slope)
    even, level = light.levelled(paper)

    assert (even.shape, even.dtype) == (SIZE, np.uint8)
    inner = even[10:-10, 10:-10].astype(float)
    assert paper.std() > 15
    assert inner.std() < 6
    assert abs(inner.mean() - level) < 3


@pytest.mark.parametrize("slope", SLOPES)
def test_a_digit_under_a_lamp_is_framed_as_in_even_light(slope: tuple[float, float]) -> None:
    drawn = ink(SEVEN)
    expected = flat.find((255 - 200 * drawn).astype(np.uint8))
    picture = lit(1 - 0.75 * drawn, slope)

    assert flat.find(picture) is None
    found = light.find(picture)
    assert found is not None
    assert expected is not None
    assert (found.is_dark, found.is_levelled, found.is_doubtful, found.is_solid) == (True, True, False, False)
    np.testing.assert_allclose(found.box, expected.box, atol=4)
    alike = np.corrcoef(found.framed.image.ravel(), expected.framed.image.ravel())[0, 1]
    assert alike > 0.9


def test_a_large_photo_has_its_box_in_its_own_pixels() -> None:
    small = lit(1 - 0.75 * ink(SEVEN), (0.4, 0.3))
    large = small.repeat(4, axis=0).repeat(4, axis=1)
    one, other = light.find(small), light.find(large)

    assert one is not None
    assert other is not None
    np.testing.assert_allclose(other.box, np.multiply(one.box, 4), atol=8)


@pytest.mark.parametrize(
    "points",
    [
        pytest.param([(70, 30), (130, 30), (90, 160)], id="cut by the edge"),
        pytest.param([(0, 40), (200, 60)], id="a line across"),
        pytest.param([(-5, -5)], id="none"),
    ],
)
def test_what_may_be_no_digit_is_left_to_the_network(points: list[tuple[float, float]]) -> None:
    assert light.find(lit(1 - 0.75 * ink(points * 2 if len(points) == 1 else points), (0.4, 0.3))) is None


def test_what_is_slim_as_a_crease_is_doubtful() -> None:
    found = light.find(lit(1 - 0.75 * ink([(100, 30), (103, 120)]), (0.4, 0.3)))

    assert found is not None
    assert found.is_doubtful


@pytest.mark.parametrize("strength", [0.2, 0.3, 0.4, 0.5])
@pytest.mark.parametrize("slope", SLOPES)
def test_a_digit_with_fainter_ink_beside_it_is_left_to_the_network(
    strength: float, slope: tuple[float, float]
) -> None:
    second = ink([(x + 55, y) for x, y in SEVEN])
    first = ink([(x - 45, y) for x, y in SEVEN])

    assert light.find(lit(1 - 0.75 * first, slope)) is not None
    assert light.find(lit(1 - 0.75 * np.maximum(first, strength * second), slope)) is None


@pytest.mark.parametrize("strength", [0.2, 0.3, 0.4, 0.5])
def test_a_stroke_that_fades_is_left_to_the_network(strength: float) -> None:
    fading = np.where(np.indices(SIZE)[0] < 80, 1, strength)

    assert light.find(lit(1 - 0.75 * ink(SEVEN) * fading, (0.4, 0.3))) is None


def test_ink_as_faint_as_grain_is_left_to_the_network() -> None:
    assert light.find(lit(1 - 0.1 * ink(SEVEN), (0.4, 0.3), grain=4)) is None


@pytest.mark.parametrize("shape", [(1, 200), (200, 1), (3, 3), (1, 1), (700, 20)])
def test_pictures_of_every_shape_are_taken(shape: tuple[int, int]) -> None:
    picture = np.random.default_rng(1).integers(0, 256, shape, np.uint8)

    assert light.levelled(picture)[0].shape == shape
    light.find(picture)


def test_black_stays_black() -> None:
    assert not light.levelled(np.zeros(SIZE, np.uint8))[0].any()
