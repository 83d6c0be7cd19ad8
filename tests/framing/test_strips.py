"""Strips of a table or of a scanner's lid beside the paper are taken off; ink that looks like one is not."""

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from framing import strips

Grey = npt.NDArray[np.uint8]
SIDES = ["top", "bottom", "left", "right"]


def page(*, ground: int = 210, size: tuple[int, int] = (300, 220)) -> Grey:
    """Paper with a small seven."""
    picture = np.full(size, ground, np.uint8)
    cv2.line(picture, (100, 140), (120, 140), 40, 3)
    cv2.line(picture, (120, 140), (108, 175), 40, 3)
    return picture


def part(side: str, depth: int) -> tuple[slice, slice]:
    """Where a strip along a side is."""
    whole = slice(None)
    return {
        "top": (slice(depth), whole),
        "bottom": (slice(-depth, None), whole),
        "left": (whole, slice(depth)),
        "right": (whole, slice(-depth, None)),
    }[side]


@given(
    st.sets(st.sampled_from(SIDES), min_size=1),
    st.integers(1, 50),
    st.integers(0, 150),
    st.integers(200, 255),
)
def test_strips_along_any_sides_are_taken_off_and_nothing_else(
    sides: set[str], depth: int, level: int, ground: int
) -> None:
    picture = page(ground=ground)
    for side in sides:
        picture[part(side, depth)] = level
    paper = strips.without(picture)

    assert paper
    top, left = (depth * (side in sides) for side in ("top", "left"))
    bottom, right = (depth * (side in sides) for side in ("bottom", "right"))
    assert paper.corner == (top, left)
    assert np.array_equal(paper.grey, page(ground=ground)[top : 300 - bottom, left : 220 - right])


@pytest.mark.parametrize("degrees", [-4, -2, 1, 3])
@pytest.mark.parametrize("side", SIDES)
def test_a_strip_may_slant(side: str, degrees: float) -> None:
    clean, picture = page(), page()
    height, width = picture.shape
    slant = np.tan(np.radians(degrees)) * (width if side in {"top", "bottom"} else height) / 2
    near, far = 25 - slant, 25 + slant
    outline = {
        "top": [(0, 0), (width, 0), (width, far), (0, near)],
        "bottom": [(0, height), (width, height), (width, height - far), (0, height - near)],
        "left": [(0, 0), (near, 0), (far, height), (0, height)],
        "right": [(width, 0), (width - near, 0), (width - far, height), (width, height)],
    }[side]
    image = Image.fromarray(picture)
    ImageDraw.Draw(image).polygon(outline, fill=30)
    paper = strips.without(np.asarray(image))

    assert paper
    (top, left), (rows, columns) = paper.corner, paper.grey.shape
    assert np.array_equal(paper.grey, clean[top : top + rows, left : left + columns])
    # No more was taken than the strip has at its far end, and a line or two.
    assert clean.size - paper.grey.size <= (max(near, far) + 2) * (
        width if side in {"top", "bottom"} else height
    )


def test_a_texture_is_a_strip_too() -> None:
    picture = page()
    picture[:40] = np.random.default_rng(1).normal(70, 15, (40, 220)).clip(0, 130)

    paper = strips.without(picture)

    assert paper
    assert paper.corner == (40, 0)


def test_paper_without_a_strip_stays_whole_in_any_light() -> None:
    light = np.linspace(0.4, 1.0, 300)[:, None]
    ruled = page()
    ruled[10::30] = 100

    for picture in (page(), (page() * light).astype(np.uint8), ruled):
        assert strips.without(picture) is None


def test_a_stroke_along_a_side_is_ink() -> None:
    seven = np.full((120, 90), 255, np.uint8)
    seven[:20] = 0
    cv2.line(seven, (80, 10), (30, 119), 0, 18)
    ring = np.full((120, 90), 255, np.uint8)
    cv2.ellipse(ring, (45, 60), (36, 51), 0, 0, 360, 0, 26)
    one = np.full((120, 90), 255, np.uint8)
    one[:, 28:62] = 0

    for ink in (seven, ring, one):
        for picture in (ink, 255 - ink):
            assert strips.without(picture) is None


def test_a_strip_of_half_the_picture_is_none() -> None:
    picture = page()
    picture[:130] = 30

    assert strips.without(picture) is None
