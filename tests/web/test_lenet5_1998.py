"""LeNet-5 of 1998 beside the lecture's: every kind of its cells is taken apart, and is what the API gives."""

import base64
import io
import json
import math
import re
import urllib.request
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

NETWORK = 1
GAP = 4
"""Pixels between maps."""
LAYERS = [
    "input",
    "padding",
    "normalisation",
    "c1",
    "s2",
    "c3",
    "s4",
    "c5",
    "flatten",
    "f6",
    "rbf",
    "softmin",
]

Pin = Callable[[str, int, int, int], Page]


@pytest.fixture
def pin(open_page: Callable[..., Page]) -> Pin:
    """Draw a 3, and pin a cell of the second network."""

    def pin(layer: str, map_: int, row: int, column: int) -> Page:
        place = f"{LAYERS.index(layer)},{map_},{row},{column}"
        page = open_page(f"/#digit?pin={place}&network={NETWORK}")
        page.get_by_role("button", name="Draw a 3").click()
        expect(page.locator(".inspector h3")).to_contain_text(f"{layer} · ", ignore_case=True)
        return page

    return pin


def plain(text: str) -> str:
    return " ".join(text.replace("−", "-").replace("\xa0", " ").split())


def numbers(text: str) -> list[float]:
    return [float(found) for found in re.findall(r"-?\d+(?:\.\d+)?", plain(text))]


def told(page: Page) -> float:
    """The value in the inspector's title."""
    return float(plain(page.locator(".inspector h3").inner_text()).rpartition("= ")[2])


def test_both_networks_show_all_of_their_layers(open_page: Callable[..., Page]) -> None:
    page = open_page("/#digit")
    networks = page.locator(".network")
    expect(networks.nth(0).locator(".layer")).to_have_count(9)
    expect(networks.nth(NETWORK).locator(".layer")).to_have_count(len(LAYERS))
    read = "layers => layers.map(layer => layer.dataset.layer)"

    assert networks.nth(NETWORK).locator(".layer").evaluate_all(read) == LAYERS


@pytest.mark.parametrize(
    ("layer", "cell", "groups"),
    [
        ("c1", (2, 9, 12), 1),
        ("s2", (2, 4, 6), 1),
        ("c3", (0, 3, 3), 3),
        ("c3", (7, 3, 3), 4),
        ("c3", (15, 3, 3), 6),
        ("s4", (3, 2, 2), 1),
        ("c5", (7, 0, 0), 16),
        ("f6", (0, 3, 3), 1),
    ],
)
def test_a_cell_is_the_sum_of_what_it_is_connected_to_squashed(
    pin: Pin, layer: str, cell: tuple[int, int, int], groups: int
) -> None:
    page = pin(layer, *cell)
    line = page.locator(".total .sum").last
    expect(line).to_contain_text("1.7159 tanh(2u/3)")
    before, after = plain(line.inner_text()).split(", v")
    total, bias, biased = numbers(before)[:3]
    value = float(re.split("[=≈] ", after)[-1])

    assert total + bias == pytest.approx(biased, abs=2e-4)
    assert 1.7159 * math.tanh(2 * biased / 3) == pytest.approx(value, abs=2e-4)
    assert value == pytest.approx(told(page), abs=1e-4)
    expect(page.locator(".inspector .partial")).to_have_count(groups if groups > 1 else 0)


@pytest.mark.parametrize(
    ("layer", "cell", "numbered"),
    [("c1", (2, 9, 12), True), ("s2", (2, 4, 6), True), ("c5", (7, 0, 0), True), ("f6", (0, 3, 3), False)],
)
def test_decimals_of_cells_are_spoken_of_where_cells_have_numbers(
    pin: Pin,
    layer: str,
    cell: tuple[int, int, int],
    numbered: bool,  # noqa: FBT001  whether cells are
) -> None:
    page = pin(layer, *cell)
    expect(page.locator(".total .sum").last).to_be_visible()

    assert (page.locator(".inspector .cell").count() > 0) == numbered
    expect(page.get_by_text("Cells have two decimals")).to_have_count(int(numbered))


def test_a_pixel_is_padded_and_normalised(pin: Pin) -> None:
    page = pin("normalisation", 0, 16, 16)
    expect(page.locator(".total .sum")).to_contain_text("u =")
    total, offset, value = numbers(page.locator(".total .sum").inner_text())[:3]

    assert offset == -0.1
    assert total + offset == pytest.approx(value, abs=2e-4)
    assert value == pytest.approx(told(page), abs=1e-4)


def test_a_padded_pixel_is_one_of_the_input_two_rows_and_columns_away(pin: Pin) -> None:
    page = pin("padding", 0, 17, 16)
    expect(page.locator(".account")).to_have_text(
        "The value of Input · row 15, column 14, divided by 255: padding only moves it."
    )
    padded = told(page)
    page.get_by_role("button", name="Português").click()
    expect(page.locator(".account")).to_have_text(
        "O valor de Entrada · linha 15, coluna 14, dividido por 255: o preenchimento apenas o desloca."
    )
    page = pin("input", 0, 15, 14)

    assert padded == pytest.approx(told(page) / 255, abs=1e-4)
    assert 0 < padded < 1


@pytest.mark.parametrize("cell", [(0, 1, 16), (0, 16, 0), (0, 31, 31)])
def test_around_the_input_lies_a_margin_of_zeros(pin: Pin, cell: tuple[int, int, int]) -> None:
    page = pin("padding", *cell)

    expect(page.locator(".account")).to_have_text("A zero of the margin, which lies around the layer before.")
    assert told(page) == 0


@pytest.mark.parametrize(("layer", "cell"), [("s2", (3, 4, 6)), ("s4", (9, 2, 2))])
def test_a_cell_of_sub_sampling_is_the_mean_of_its_window_by_the_coefficient_of_its_map(
    pin: Pin, lab: str, layer: str, cell: tuple[int, int, int]
) -> None:
    page = pin(layer, *cell)
    with urllib.request.urlopen(f"{lab}/models/lenet5-1998/layers/{layer}/kernels") as answer:
        learnt = json.load(answer)
    expect(page.locator(".total .sum")).to_have_count(3)
    mean, scaled, biased = page.locator(".total .sum").all()
    expect(mean).to_contain_text("Mean of the window")
    expect(scaled).to_contain_text(re.compile("By the map.s coefficient"))
    *window, four, average = numbers(mean.inner_text())
    factor, coefficient, total = numbers(scaled.inner_text())

    assert len(window) == four == 4
    assert average == pytest.approx(sum(window) / 4, abs=2e-3)
    assert factor == pytest.approx(average, abs=1e-4)
    assert coefficient == pytest.approx(learnt["weights"]["coefficient"]["values"][cell[0]], abs=1e-4)
    assert total == pytest.approx(average * coefficient, abs=2e-4)
    assert numbers(biased.inner_text())[:2] == pytest.approx([total, learnt["biases"][cell[0]]], abs=1e-4)
    expect(page.locator(".inspector")).not_to_contain_text("Kernel")
    page.get_by_role("button", name="Português").click()
    expect(page.locator(".total .sum").nth(1)).to_contain_text("Pelo coeficiente do mapa")


def test_a_distance_is_a_sum_of_squares_and_a_share_is_of_all_ten(pin: Pin) -> None:
    page = pin("rbf", 0, 3, 0)
    expect(page.locator(".inspector .strip")).to_have_count(3)
    expect(page.locator(".inspector .sum")).to_have_text(f"Σ (x − w)² = {told(page)}".rstrip("0").rstrip("."))
    distance = told(page)
    page = pin("softmin", 0, 3, 0)
    line, share = page.locator(".inspector .sum").first, page.locator(".inspector .sum").last
    expect(line).to_contain_text("u = −")
    shown, temperature, logit = numbers(line.inner_text())[:3]
    own, *all_ten = [float(plain(text)) for text in share.locator("sup").all_inner_texts()]

    assert -shown == pytest.approx(distance, abs=1e-3)
    assert shown / temperature == pytest.approx(logit, abs=2e-3)
    assert math.exp(own) / sum(map(math.exp, all_ten)) == pytest.approx(told(page), abs=1e-3)


def test_a_window_reaches_back_to_the_drawing(pin: Pin) -> None:
    page = pin("c1", 0, 14, 14)
    shelf = page.locator(".network").nth(NETWORK)
    seen = [shelf.locator(f"[data-layer={layer}] canvas") for layer in ("input", "padding", "normalisation")]
    marked = [canvas.screenshot() for canvas in seen]

    shelf.locator("[data-layer=c1] canvas").press("Escape")
    expect(page.locator(".inspector")).to_be_hidden()

    assert all(canvas.screenshot() != before for canvas, before in zip(seen, marked, strict=True))


def read(page: Page, layer: str) -> np.ndarray:
    """The pixels of a layer's maps as they are drawn."""
    canvas = page.locator(".network").nth(NETWORK).locator(f"[data-layer={layer}] canvas")
    address = canvas.evaluate("canvas => canvas.toDataURL()")
    return np.array(Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2]))).convert("RGB"))


def outlined(marked: np.ndarray, bare: np.ndarray) -> set[int]:
    """The maps, two in a line, that an outline was drawn on; it may reach into the gap beside one."""
    changed = (marked != bare).any(axis=2)
    height, width = [(side + GAP) // number for side, number in zip(changed.shape, (3, 2), strict=True)]
    lines = [changed[top : top + height - GAP] for top in range(0, 3 * height, height)]
    maps = [line[:, left : left + width - GAP] for line in lines for left in (0, width)]
    return {index for index, seen in enumerate(maps) if seen.any()}


@pytest.mark.parametrize(
    ("layer", "cell", "pointed", "seen"),
    [
        ("c3", (3, 4, 4), False, {3, 4, 5}),
        ("c3", (5, 4, 4), False, {0, 1, 5}),
        ("c3", (3, 4, 4), True, {3, 4, 5}),
        ("s4", (3, 2, 2), False, {3, 4, 5}),
        ("s4", (14, 2, 2), True, {0, 2, 3, 5}),
        ("c5", (7, 0, 0), False, {0, 1, 2, 3, 4, 5}),
    ],
)
def test_the_window_is_outlined_on_the_connected_maps_alone(
    pin: Pin,
    layer: str,
    cell: tuple[int, int, int],
    pointed: bool,  # noqa: FBT001  whether the pointer is on the cell, which is pinned otherwise
    seen: set[int],
) -> None:
    page = pin(layer, *cell)
    canvas = page.locator(".network").nth(NETWORK).locator(f"[data-layer={layer}] canvas")
    marked = {name: read(page, name) for name in ("s2", "c1")}
    canvas.press("Escape")
    expect(page.locator(".inspector")).to_be_hidden()
    bare = {name: read(page, name) for name in marked}
    if pointed:
        map_, row, column = cell
        side, size = (4, 10) if layer == "c3" else (5, 5)
        pitch, half = size * side + GAP, side / 2
        canvas.hover(
            position={
                "x": map_ % 4 * pitch + column * side + half,
                "y": map_ // 4 * pitch + row * side + half,
            }
        )
        expect(page.locator(".network").nth(NETWORK).locator(".readout")).to_contain_text(
            f"{layer} · map {map_} · row {row}, column {column}"
        )
        marked = {name: read(page, name) for name in marked}

    assert outlined(marked["s2"], bare["s2"]) == seen
    assert outlined(marked["c1"], bare["c1"]) == seen


def test_what_it_shows_is_what_the_api_gives(open_page: Callable[..., Page]) -> None:
    page = open_page(f"/#digit?pin={LAYERS.index('c3')},7,3,3&network={NETWORK}")
    with page.expect_response(lambda answer: "feature-maps?model=lenet5-1998" in answer.url) as answered:
        page.get_by_role("button", name="Draw a 3").click()
    layers = answered.value.json()["images"][0]["layers"]
    maps = {layer["name"]: layer.get("maps") for layer in layers}
    expect(page.locator(".inspector h3")).to_contain_text("c3 · map 7")

    assert [layer["name"] for layer in layers] == LAYERS[1:]
    assert told(page) == pytest.approx(maps["c3"][7][3][3], abs=1e-4)
    expect(page.locator(".network").nth(NETWORK)).to_contain_text("60,000 parameters")


def test_the_call_is_of_the_network_of_the_pinned_cell(pin: Pin) -> None:
    page = pin("c3", 7, 3, 3)
    page.get_by_text("The same as a call").click()
    code, note = page.locator(".call pre").first, page.locator(".call p.note")
    expect(code).to_contain_text("/feature-maps?model=lenet5-1998'")
    expect(note).to_be_hidden()
    page.get_by_label("Prepare the drawing as MNIST was made").uncheck()
    expect(code).to_contain_text("/feature-maps?model=lenet5-1998&preprocess=none'")
    page.locator(".network").first.locator("[data-layer=conv2d_2] canvas").click(position={"x": 20, "y": 20})
    expect(code).to_contain_text("/feature-maps?preprocess=none'")
    page.get_by_role("button", name="Let go").click()

    expect(note).to_contain_text(
        "These are the layers of lenet5. Those of another network: with model=lenet5-1998."
    )
