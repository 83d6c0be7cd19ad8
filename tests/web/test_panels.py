"""Pooling, pictures, channels, signals, cost and training: what they show is what the service answers."""

import json
import re
import urllib.request
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from scipy import ndimage

Shown = Callable[[Page, str], list[list[str]]]
LECTURE = [[5, 8, 0, 4, 8], [3, 9, 2, 9, 2], [4, 9, 2, 3, 6], [5, 4, 8, 2, 0], [5, 8, 0, 0, 8]]


def ask(address: str, body: Any = None) -> Any:  # noqa: ANN401  JSON
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(
        urllib.request.Request(address, data, {"Content-Type": "application/json"})
    ) as answer:
        return json.load(answer)


def numbers(texts: list[list[str]]) -> list[list[float]]:
    return [[float(text) for text in row] for row in texts]


@pytest.mark.parametrize(
    "state",
    [
        "",
        "operation=average",
        "operation=average&patch=3&stride=2&padding=number&margins=1,1",
        "patch=3,2&stride=1,2&padding=same",
        "patch=3&stride=2&padding=same_lower",
        "operation=average&patch=2&stride=3&padding=number&margins=1,0",
    ],
)
def test_pooling_agrees_with_the_service(
    open_page: Callable[..., Page], shown: Shown, lab: str, state: str
) -> None:
    page = open_page(f"/#pooling?{state}")
    page.get_by_text("The same as a call").click()
    expect(page.locator(".call pre").first).to_contain_text("curl")
    body = json.loads(page.locator(".call pre").first.inner_text().split("'")[1])
    answer = ask(f"{lab}/pool", body)

    assert numbers(shown(page, "Output")) == [pytest.approx(row, abs=0.0051) for row in answer["output"]]


def test_the_winning_pixel_is_marked_and_moves_with_the_numbers(open_page: Callable[..., Page]) -> None:
    page = open_page("/#pooling")
    winner = page.locator(".grid .is-winner")

    expect(winner).to_have_value("9")
    page.get_by_role("group", name="Input", exact=True).get_by_label("row 0, column 0").fill("12")
    expect(winner).to_have_value("12")
    expect(page.locator(".written .sum b").last).to_have_text("12")


def test_the_average_at_the_border_is_explained(open_page: Callable[..., Page]) -> None:
    page = open_page("/#pooling?operation=average&patch=3&stride=2&padding=number&margins=1,1")

    expect(page.locator(".written .sum")).to_have_text("(5 + 8 + 3 + 9) / 4 = 25 / 4 = 6.25")
    expect(page.locator(".written .note")).to_contain_text("25 / 9 ≈ 2.778")


def test_channels_sum_into_one_map_for_each_kernel(
    open_page: Callable[..., Page], shown: Shown, lab: str
) -> None:
    page = open_page("/#channels?step=4")
    page.get_by_text("The same as a call").click()
    expect(page.locator(".call pre").first).to_contain_text("curl")
    body = json.loads(page.locator(".call pre").first.inner_text().split("'")[1])
    output = ask(f"{lab}/convolve", body)["output"]

    assert numbers(shown(page, "Map of kernel 1")) == output[0]
    assert numbers(shown(page, "Map of kernel 2")) == output[1]
    partials = [numbers(shown(page, f"Partial sums: {name}"))[1][1] for name in ("Red", "Green", "Blue")]
    assert sum(partials) + 1 == output[0][1][1]


def test_signals_step_through_the_lectures_example(open_page: Callable[..., Page]) -> None:
    page = open_page("/#signals")
    signal = 2 * np.exp(-0.3 * np.arange(8))
    for expected in np.convolve(signal, [1, 0, -1]):
        told = page.locator(".written .sum b").inner_text().replace("−", "-")

        assert float(told) == pytest.approx(expected, abs=1e-4)
        page.get_by_role("button", name="Next", exact=True).click()
    page.get_by_label("System h").fill("1, 1")
    expect(page.locator(".player .count")).to_have_text("9 / 9")


OVERLAPPING = """() => [...document.querySelectorAll('.stems')].flatMap(plot => {
    const boxes = [...plot.querySelectorAll('text')]
        .filter(one => getComputedStyle(one).opacity !== '0')
        .map(one => [one.textContent, one.getBoundingClientRect()]);
    return boxes.flatMap(([left, a], at) => boxes.slice(at + 1)
        .filter(([, b]) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)
        .map(([right]) => `${left} over ${right}`));
})"""
SIGNALS = ["n=0", "n=9", "x=1,2&h=1", "x=-1,-2,-3&h=-5,-9&n=3", "x=-123456.78,-987654.32,3&h=1,-2,0.5&n=2"]


@pytest.mark.parametrize("size", [(390, 844), (1280, 720)])
@pytest.mark.parametrize("state", SIGNALS)
def test_no_label_of_a_signals_plot_lies_over_another(
    open_page: Callable[..., Page], state: str, size: tuple[int, int]
) -> None:
    page = open_page(f"/#signals?{state}", size=size)

    assert page.evaluate(OVERLAPPING) == []
    assert "-" not in "".join(page.locator(".stems text").all_text_contents())


@pytest.mark.parametrize("size", [(390, 844), (1280, 720)])
def test_stems_of_short_and_long_signals_are_as_large_as_the_lectures(
    open_page: Callable[..., Page], size: tuple[int, int]
) -> None:
    def step(state: str) -> float:
        page = open_page(f"/#signals?{state}", size=size)
        box = page.locator(".stem .target").first.bounding_box()
        assert box
        assert page.evaluate("document.documentElement.scrollWidth") == size[0]
        return box["width"]

    lecture = step("")

    assert lecture <= step("x=1&h=1") <= 2 * lecture
    long = ",".join("1" * 16)
    assert lecture / 2 <= step(f"x={long}&h={long}") <= lecture


@pytest.mark.parametrize("size", [(390, 844), (1280, 720)])
def test_the_step_of_a_long_signal_is_in_sight(open_page: Callable[..., Page], size: tuple[int, int]) -> None:
    long = ",".join("1" * 16)
    page = open_page(f"/#signals?x={long}&h={long}&n=30", size=size)
    current = page.locator(".stem.is-current text")
    expect(current).to_be_in_viewport()
    page.get_by_role("button", name="First").click()

    expect(current).to_have_text("1")
    expect(current).to_be_in_viewport()


def test_a_power_is_set_as_one(open_page: Callable[..., Page]) -> None:
    page = open_page("/#signals?lang=pt")

    expect(page.locator(".gathered .note sup")).to_have_text("−0,3 n")
    expect(page.locator("main")).not_to_contain_text("^")


def test_a_kernel_over_a_picture_is_what_scipy_makes_of_it(open_page: Callable[..., Page]) -> None:
    page = open_page("/#pictures?kernel=sobel_y")
    expect(page.locator(".result-maps canvas")).to_be_visible()
    read = "canvas => Array.from(canvas.getContext('2d').getImageData(0, 0, 160, 160).data)"
    before = (
        np.array(page.locator("canvas.picture").evaluate(read)).reshape(160, 160, 4)[..., 0].astype(float)
    )
    expected = ndimage.convolve(before, [[1, 2, 1], [0, 0, 0], [-1, -2, -1]], mode="nearest")
    box = page.locator(".result-maps canvas").bounding_box()
    assert box
    for row, column in ((62, 64), (104, 20), (88, 50)):
        page.mouse.move(
            box["x"] + (column + 0.5) * box["width"] / 160, box["y"] + (row + 0.5) * box["height"] / 160
        )
        expect(page.locator(".readout")).to_contain_text(f"row {row}, column {column}")
        told = page.locator(".readout").inner_text().split("= ")[1].replace("−", "-")

        assert float(told) == pytest.approx(expected[row, column], abs=0.01)


@pytest.mark.parametrize(
    ("network", "told"),
    [
        ("lenet5", ["257,546", "98.21 %"]),
        ("lenet5_c5", ["61,706", "17.85 %"]),
        ("lenet5_1998", ["60,000", "16.94 %", "5 × 5 × 60 + 16 = 1516"]),
        ("hundred_kernels", ["7,600", "100 MiB", "300 MB"]),
        ("hundred_neurons", ["78,643,300"]),
    ],
)
def test_the_calculator_knows_the_lectures_figures(
    open_page: Callable[..., Page], network: str, told: list[str]
) -> None:
    page = open_page("/#cost")
    page.get_by_label("Network").select_option(network)
    for figure in told:
        expect(page.locator(".figures")).to_contain_text(figure)


@pytest.mark.parametrize(("layer", "own", "other"), [(3, "16", "17"), (1, "6", "5")])
def test_a_table_of_connections_comes_back_when_its_sizes_fit_again(
    open_page: Callable[..., Page], layer: int, own: str, other: str
) -> None:
    page = open_page("/#cost")
    page.get_by_label("Network").select_option("lenet5_1998")
    told, total = page.locator(".layers .connections:not(:empty)"), page.locator(".totals dd").first
    kernels = page.locator(".layers li").nth(layer).get_by_role("spinbutton", name="Kernels")
    has = "Has a table of connections: of 16 × 6 pairs of kernel and map, 60 are connected."
    expect(told).to_have_text(has)
    expect(total).to_have_text("60,000")
    kernels.fill(other)
    expect(told).to_have_text(
        "Its table of connections, of 16 kernels over 6 maps, does not fit and was left out."
    )
    expect(total).not_to_have_text("60,000")
    expect(page.get_by_label("Network")).to_have_value("custom")
    kernels.fill(own)

    expect(told).to_have_text(has)
    expect(total).to_have_text("60,000")
    expect(page.get_by_label("Network")).to_have_value("lenet5_1998")


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ("0+1-1", "Has a table of connections: of 2 × 3 pairs of kernel and map, 3 are connected."),
        ("0+1-3", "Its table of connections, of 2 kernels over 4 maps, does not fit and was left out."),
        ("0-1-2", "Its table of connections, of 3 kernels over 3 maps, does not fit and was left out."),
        ("0+x-1", ""),
    ],
)
def test_a_table_of_connections_of_a_link_is_kept_where_it_fits(
    open_page: Callable[..., Page], table: str, told: str
) -> None:
    page = open_page(f"/#cost?layers=i9,9,1.c3,3,1,valid.c2,3,1,valid,{quote(table)}")

    expect(page.locator(".layers .connections").last).to_have_text(told)
    expect(page.locator(".figures")).to_contain_text(
        "3 × 3 × 3 + 2 = 29" if told.startswith("Has") else "(3 × 3 × 3 + 1) × 2 = 56"
    )


def test_a_table_of_connections_stays_while_other_sizes_change(open_page: Callable[..., Page]) -> None:
    page = open_page("/#cost?lang=pt")
    page.get_by_label("Rede").select_option("lenet5_1998")
    c3 = page.locator(".layers li").nth(3)
    c3.get_by_role("spinbutton", name="Núcleo", exact=True).fill("3")
    page.get_by_role("button", name="Retirar RBF 8").click()

    expect(c3.locator(".connections")).to_have_text(
        "Tem uma tabela de ligações: dos 16 × 6 pares de núcleo e mapa, 60 estão ligados."
    )
    expect(page.locator(".figures")).to_contain_text("3 × 3 × 60 + 16 = 556")
    page.get_by_text("O mesmo, como chamada da API").click()
    expect(page.locator(".call pre").first).to_contain_text('"connections":[[0,1,2]')
    expect(page.locator(".call pre").first).not_to_contain_text("table")


def test_layers_can_be_changed_and_the_link_keeps_them(open_page: Callable[..., Page]) -> None:
    page = open_page("/#cost?layers=i28,28,1.c6,5,1,same", refused="422")
    page.get_by_role("spinbutton", name="Kernels").fill("12")
    expect(page.locator(".totals")).to_contain_text("312")
    page.wait_for_url("**layers=i28,28,1.c12,5,1,same")
    page.get_by_role("spinbutton", name="Batch").fill("100")
    page.get_by_role("spinbutton", name="Kernel", exact=True).fill("99")
    page.get_by_role("combobox", name="Padding").select_option("valid")

    expect(page.get_by_role("spinbutton", name="Kernel", exact=True)).to_have_attribute(
        "aria-invalid", "true"
    )
    expect(page.locator(".refusal")).to_have_text("99 is larger than the input with its padding, 28")
    expect(page.get_by_text("#/layers")).to_have_count(0)
    expect(page.locator(".totals")).to_have_count(0)
    page.get_by_role("spinbutton", name="Kernel", exact=True).fill("5")
    expect(page.locator(".totals")).to_be_visible()
    expect(page.locator("[aria-invalid=true]")).to_have_count(0)


def test_training_shows_the_errors_of_the_model_in_service(open_page: Callable[..., Page], lab: str) -> None:
    page = open_page("/#training").locator(".training").first
    expect(page.locator(".confusion")).to_be_visible()
    test = ask(f"{lab}/models/lenet5")["evaluation"]["test"]
    cells = page.locator(".confusion tbody td").all_inner_texts()
    wrong = sum(int(cell or 0) for index, cell in enumerate(cells) if index // 10 != index % 10)

    assert wrong == test["errors"]
    assert sum(int(cell or 0) for cell in cells) == test["images"]
    expect(page.locator(".totals dd").first).to_have_text(str(test["errors"]))


@pytest.mark.parametrize("view", ["convolution", "pooling", "channels", "signals", "cost"])
def test_each_view_shows_its_call_and_runs_it(open_page: Callable[..., Page], view: str) -> None:
    page = open_page(f"/#{view}")
    page.get_by_text("The same as a call").click()
    page.get_by_role("button", name="Run").click()

    expect(page.locator(".call pre").nth(1)).to_contain_text(re.compile("output|parameters"))
    page.get_by_text("Python", exact=True).click()
    code = page.locator(".call pre").first.inner_text()
    compile(code, "call", "exec")
