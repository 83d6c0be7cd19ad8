"""A contact sheet shows every map at its place, zero neutral, and nothing outside."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.images import colours, contact_sheets
from service.images.contact_sheets import CONTENT, CONTENT_LEFT, MARGIN, WIDTH, Row
from service.images.grids import arrange

LAYERS = {
    "conv2d_1": (28, 28, 6),
    "average_pooling2d_1": (14, 14, 6),
    "conv2d_2": (10, 10, 16),
    "average_pooling2d_2": (5, 5, 16),
    "conv2d_3": (5, 5, 120),
    "flatten_1": (3000,),
    "dense_1": (84,),
    "dense_2": (10,),
}
PICTURE = np.full((28, 28), 128, np.uint8)
WHITE = 255

shapes = st.one_of(
    st.tuples(st.integers(1, 28), st.integers(1, 28), st.integers(1, 256)), st.tuples(st.integers(1, 4096))
)


@pytest.fixture(scope="module")
def page() -> np.ndarray:
    noise = np.random.default_rng(1)
    rows = [
        Row(name, "Layer", noise.normal(0, 1, shape).astype(np.float32)) for name, shape in LAYERS.items()
    ]
    return contact_sheets.draw("title", PICTURE, rows)


def drawn(values: np.ndarray) -> np.ndarray:
    """Give the part of a page on which the maps of its only layer stand."""
    page = contact_sheets.draw("", PICTURE, [Row("", "", values.astype(np.float32))])
    return page[MARGIN + contact_sheets.HEADING + 112 + contact_sheets.BETWEEN :, CONTENT_LEFT:]


def test_a_page_is_as_large_as_it_says(page: np.ndarray) -> None:
    assert page.shape == (contact_sheets.height(PICTURE.shape, list(LAYERS.values())), WIDTH, 3)


def test_nothing_is_drawn_in_the_margins(page: np.ndarray) -> None:
    inside = page[MARGIN - 8 : 8 - MARGIN, MARGIN - 8 : 8 - MARGIN]

    assert (page == WHITE).sum() - (inside == WHITE).sum() == page.size - inside.size


def test_names_and_maps_do_not_touch(page: np.ndarray) -> None:
    gutter = page[MARGIN + contact_sheets.HEADING :, CONTENT_LEFT - 12 : CONTENT_LEFT - 1]

    assert (gutter == WHITE).all()


@given(shape=shapes)
def test_every_value_of_any_layer_has_its_place_within_the_page(shape: tuple[int, ...]) -> None:
    grid = arrange(shape, CONTENT)
    corners = list(grid.corners())

    assert len(set(corners)) == len(corners) == grid.columns * grid.lines
    assert shape[-1] <= len(corners) < shape[-1] + grid.columns
    assert grid.width <= CONTENT
    assert min(grid.across, grid.down) >= 1
    assert all(x + grid.across <= grid.width and y + grid.down <= grid.height for x, y in corners)


@pytest.mark.parametrize("shape", LAYERS.values())
def test_the_lectures_layers_fill_every_line(shape: tuple[int, ...]) -> None:
    grid = arrange(shape, CONTENT)

    assert grid.columns * grid.lines == shape[-1]


def test_zero_is_neutral_and_signs_are_blue_and_red() -> None:
    values = np.zeros((2, 2, 1))
    values[0, 0], values[1, 1] = -1, 0.5
    maps = drawn(values)
    side = arrange((2, 2, 1), CONTENT).across // 2
    (minus, zero), (_, plus) = maps[side // 2 :: side, side // 2 :: side][:2, :2].astype(int)

    assert max(zero) - min(zero) <= 2
    assert minus[2] > minus[0] + 50
    assert plus[0] > plus[2] + 50


def test_each_map_stands_at_its_place() -> None:
    values = np.zeros((5, 5, 120))
    values[2, 3, 77] = 1
    maps = drawn(values)
    grid = arrange((5, 5, 120), CONTENT)
    x, y = list(grid.corners())[77]
    ((red,),) = colours.diverging(np.ones((1, 1)), 1)
    rows, columns = np.nonzero((maps == red).all(axis=-1))
    pixel = grid.across // 5

    assert (rows.min(), rows.max() + 1) == (y + 2 * pixel, y + 3 * pixel)
    assert (columns.min(), columns.max() + 1) == (x + 3 * pixel, x + 4 * pixel)


def test_a_layer_of_zeros_is_drawn_all_neutral() -> None:
    ((neutral,),) = colours.diverging(np.zeros((1, 1)), 1)
    maps = drawn(np.zeros((28, 28, 6)))

    assert (maps[:112, :112] == neutral).all()


def test_what_the_network_saw_is_shown_in_grey(page: np.ndarray) -> None:
    top = MARGIN + contact_sheets.HEADING

    assert (page[top : top + 112, CONTENT_LEFT : CONTENT_LEFT + 112] == 128).all()


def test_each_layer_is_named_once() -> None:
    rows = [Row("layer", "Dense", np.ones(84, np.float32)), Row("layer", "Dense", np.ones(84, np.float32))]
    page = contact_sheets.draw("", PICTURE, rows)
    height = contact_sheets.LABEL_HEIGHT + contact_sheets.BETWEEN
    bottom = len(page) - MARGIN
    last = page[bottom - contact_sheets.LABEL_HEIGHT : bottom, : CONTENT_LEFT - 12]
    before = page[bottom - contact_sheets.LABEL_HEIGHT - height : bottom - height, : CONTENT_LEFT - 12]

    assert (last < 100).any()
    assert np.array_equal(last, before)
