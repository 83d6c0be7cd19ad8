"""A written sum, worked out by hand with the numbers as they are written, comes to what stands beside it."""

import math
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

NUMBER = r"-?\d+(?:\.\d+)?"


def plain(text: str) -> str:
    return " ".join(text.replace("−", "-").replace("·", "*").replace("\xa0", " ").split())


def works_out(equation: str) -> bool:
    """Compute what stands before each sign, and round it as what stands behind it is."""
    parts = re.split(r"\s*[=≈]\s*", plain(equation))
    parts = [part for part in parts if re.fullmatch(r"(?:max|[\d\s.+*/(),-])+", part)]
    assert len(parts) >= 2, equation
    shown = parts[-1]
    decimals = len(shown.partition(".")[2])
    return all(
        math.isclose(eval(part, {"max": max}), float(shown), abs_tol=0.5000001 * 10 ** -max(decimals, 2))  # noqa: S307  digits and signs only
        for part in parts[:-1]
    )


@pytest.mark.parametrize(
    "state",
    [
        "kernel=average_3",
        "kernel=gaussian_5&padding=same",
        "input=0.123456,7.654321;1.111119,2&kernel=0.333333",
    ],
)
def test_products_come_to_their_sum(open_page: Callable[..., Page], state: str) -> None:
    page = open_page(f"/#convolution?{state}")
    for _ in range(4):
        assert works_out(page.locator(".written .sum").first.inner_text())
        page.get_by_role("button", name="Next", exact=True).click()


def test_the_sums_of_signals_come_to_their_values(open_page: Callable[..., Page]) -> None:
    page = open_page("/#signals")
    for step in range(10):
        expect(page.locator(".player .count")).to_have_text(f"{step + 1} / 10")
        told = page.locator(".written .sum").inner_text()

        assert works_out("=".join(told.split("=")[2:]) if "=" in told else told)
        page.get_by_role("button", name="Next", exact=True).click()


def test_a_mean_comes_to_its_value(open_page: Callable[..., Page]) -> None:
    page = open_page("/#pooling?operation=average&patch=3&stride=2&padding=number&margins=1,1")
    page.get_by_role("group", name="Input", exact=True).get_by_label("row 0, column 0").fill("0.123456")
    for _ in range(4):
        assert works_out(page.locator(".written .sum").inner_text())
        page.get_by_role("button", name="Next", exact=True).click()


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("signals?x=-1,-2,3&h=-4,5&n=1", "y[1] = x[1]·h[0] + x[0]·h[1] = (−2)·(−4) + (−1)·5 = 3"),
        ("convolution?input=-1,2;3,-4&kernel=-1,2;0,-5", "(−1)·(−5) + 2·0 + 3·2 + (−4)·(−1) = 15"),
        ("pooling?operation=average&input=-1,-2;3,-4", "(−1 + (−2) + 3 + (−4)) / 4 = −4 / 4 = −1"),
        ("channels?kernel=1&step=4", "48 + (−14) + 0 + (−20) = 14"),
    ],
)
def test_a_negative_number_in_a_sum_stands_in_brackets(
    open_page: Callable[..., Page], address: str, told: str
) -> None:
    page = open_page(f"/#{address}")

    expect(page.locator(".written .sum").first).to_have_text(told)


def test_no_two_signs_meet_where_a_cell_is_taken_apart(open_page: Callable[..., Page]) -> None:
    for pin in ("2,1,4,4", "3,2,5,5", "7,0,0,3"):
        page = open_page(f"/#digit?pin={pin}")
        page.get_by_role("button", name="Draw a 3").click()
        expect(page.locator(".inspector .sum").first).to_be_visible()
        sums = " ".join(page.locator(".inspector .sum").all_inner_texts())

        assert not re.search(r"[+−·] *[+−·]", sums), sums


@pytest.mark.parametrize("activation", ["tanh", "lenet_tanh", "sigmoid"])
def test_an_activation_comes_to_its_value(open_page: Callable[..., Page], activation: str) -> None:
    page = open_page(
        f"/#convolution?kernel=0.01,0.02;0.03,-0.0417&bias=0.123456&activation={activation}&step=3"
    )
    told = plain(page.locator(".written .sum").nth(1).inner_text())
    functions = {
        "tanh": math.tanh,
        "lenet_tanh": lambda u: 1.7159 * math.tanh(2 * u / 3),
        "sigmoid": lambda u: 1 / (1 + math.exp(-u)),
    }
    before, after = told.split(", v")
    total = float(re.split("[=≈] ", before)[-1])

    assert works_out(before.removeprefix("u = "))
    assert round(functions[activation](total), 3) == float(re.split("[=≈] ", after)[-1])


@pytest.mark.parametrize(("pin", "maps"), [("3,2,5,5", 6), ("7,0,0,3", 120)])
def test_a_cell_is_the_sum_of_every_map(open_page: Callable[..., Page], pin: str, maps: int) -> None:
    page = open_page(f"/#digit?pin={pin}")
    page.get_by_role("button", name="Draw a 3").click()
    expect(page.locator(".inspector .partial")).to_have_count(maps)
    partials = [float(plain(text)) for text in page.locator(".inspector .partial").all_inner_texts()]
    line = plain(page.locator(".total .sum").first.inner_text())
    bias = page.locator(".total .result").first.inner_text()

    assert math.isclose(sum(partials), float(re.split("[=≈] ", line)[-1]), abs_tol=0.5001e-4)
    assert works_out(bias.removeprefix("u = "))


def test_a_softmax_is_a_share_of_all_ten(open_page: Callable[..., Page]) -> None:
    page = open_page("/#digit?pin=8,0,3,0")
    page.get_by_role("button", name="Draw a 3").click()
    powers = page.locator(".total .sum sup")
    expect(powers).to_have_count(11)
    own, *all_ten = [float(plain(text)) for text in powers.all_inner_texts()]
    told = float(page.locator(".total .sum b").last.inner_text())

    assert math.isclose(math.exp(own) / sum(math.exp(one) for one in all_ten), told, abs_tol=0.5001e-4)


def test_a_kernel_that_does_not_fit_has_the_formulas_own_number(open_page: Callable[..., Page]) -> None:
    page = open_page("/#convolution?kernel=average_5&dilation=2,2")

    expect(page.locator(".formula").first).to_contain_text("⌊−4⌋ + 1 = −3 < 1: no output")


def test_memory_is_of_outputs_and_weights(open_page: Callable[..., Page]) -> None:
    page = open_page("/#cost")
    outputs = 28 * 28 * 7 + 14 * 14 * 6 + 10 * 10 * 16 + 5 * 5 * 16 + 2 * 5 * 5 * 120 + 84 + 10
    weights = 257_546

    expect(page.locator(".totals")).to_contain_text(
        f"{4 * (outputs + weights) / 1024**2:.2f} MiBoutputs {4 * outputs / 1024:.2f} KiB"
        f" + weights {4 * weights / 1024:,.2f} KiB"
    )


def test_a_cell_that_sees_more_than_the_picture_says_why(open_page: Callable[..., Page]) -> None:
    page = open_page("/#cost")

    expect(page.locator("tbody tr").nth(7)).to_contain_text("28 × 28: padding is seen too")
    expect(page.locator("tbody tr").nth(1)).not_to_contain_text("padding")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_is_called_light_on_black_is_so(open_page: Callable[..., Page], scheme: str) -> None:
    page = open_page("/", color_scheme=scheme)
    page.get_by_role("button", name="Draw a 7").click()
    expect(page.locator(".steps")).to_contain_text("light on black")
    expect(page.locator(".numeral")).to_have_text("7")
    read = "canvas => [...canvas.getContext('2d').getImageData(4, 4, 1, 1).data]"

    assert page.locator("[data-layer=input] canvas").first.evaluate(read) == [0, 0, 0, 255]
