"""The convolution lab against the lecture's numbers and the service's own."""

import json
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

Shown = Callable[[Page, str], list[list[str]]]


def numbers(texts: list[list[str]]) -> list[list[float]]:
    return [[float(text) for text in row] for row in texts]


def test_it_opens_on_the_lectures_example_and_steps_through_it(open_page: Callable[..., Page]) -> None:
    page = open_page("/#convolution")
    read = []
    for step in range(9):
        expect(page.locator(".player .count")).to_have_text(f"{step + 1} / 9")
        read.append(page.locator(".written .sum b").inner_text().removeprefix("= ").replace("−", "-"))
        page.get_by_role("button", name="Next", exact=True).click()

    assert [text.strip(" =") for text in read] == ["14", "-12", "25", "17", "-14", "-7", "-14", "24", "-3"]


def test_the_sum_is_written_out_and_the_slides_misprint_named(open_page: Callable[..., Page]) -> None:
    page = open_page("/#convolution?step=3")

    expect(page.locator(".written .sum").first).to_have_text(
        "3·0 + 9·(−1) + 2·0 + 4·(−1) + 9·4 + 2·(−1) + 5·0 + 4·(−1) + 8·0 = 17"
    )
    expect(page.locator(".written .note")).to_contain_text("prints −17")


def test_the_flip_negates_sobel_and_leaves_the_laplacian(
    open_page: Callable[..., Page], shown: Shown
) -> None:
    for kernel, sign in (("sobel_x", -1), ("sobel_y", -1), ("laplacian_4", 1), ("laplacian_8", 1)):
        page = open_page(f"/#convolution?kernel={kernel}")
        before = numbers(shown(page, "Output"))
        page.get_by_text("Cross-correlation").click()
        after = numbers(shown(page, "Output"))

        assert after == [[sign * value for value in row] for row in before]


CASES = [
    "padding=same",
    "padding=same&stride=2,2",
    "padding=same&stride=2,1",
    "padding=full&kernel=sobel_x",
    "padding=number&margins=2,1&kernel=1,2,3;4,5,6&operation=cross_correlation",
    "padding=same_lower&kernel=1,10;100,1000",
    "padding=same&dilation=2,1&kernel=sobel_y",
    "input=edge&padding=same&kernel=average_3&stride=3,2",
    "bias=-10&activation=relu",
    "activation=lenet_tanh&bias=0.5",
    *[f"padding=same&border={mode}" for mode in ("replicate", "reflect", "symmetric", "circular")],
    *[f"padding=number&margins=3,2&kernel=gaussian_5&border={mode}" for mode in ("reflect", "circular")],
]


@pytest.mark.parametrize("state", CASES)
def test_every_setting_agrees_with_the_service(
    open_page: Callable[..., Page], shown: Shown, lab: str, state: str
) -> None:
    page = open_page(f"/#convolution?{state}")
    page.get_by_text("The same as a call").click()
    expect(page.locator(".call pre").first).to_contain_text("curl")
    body = page.locator(".call pre").first.inner_text().split("'")[1]
    answer = call(lab, json.loads(body))

    assert numbers(shown(page, "Output")) == [pytest.approx(row, abs=0.0051) for row in answer["output"]]
    assert numbers(shown(page, "Input")) == answer["explanation"]["padded_input"]


def test_rows_that_no_window_reaches_are_greyed_and_counted(open_page: Callable[..., Page]) -> None:
    page = open_page("/#convolution?stride=2,2&kernel=1,1;1,1")

    expect(page.locator(".formulas")).to_contain_text("rows left over: 1")
    assert page.locator(".grid .is-unused").count() == 9


def test_a_kernel_that_does_not_fit_is_explained_and_no_error(open_page: Callable[..., Page]) -> None:
    page = open_page("/#convolution?kernel=average_5&dilation=2,2")

    expect(page.get_by_text("it fits nowhere")).to_be_visible()


def test_typing_into_input_and_kernel_changes_the_output(
    open_page: Callable[..., Page], shown: Shown
) -> None:
    page = open_page("/#convolution")
    page.get_by_role("group", name="Input", exact=True).get_by_label("row 0, column 0").fill("1.5")
    page.get_by_role("group", name="Kernel", exact=True).first.get_by_label("row 0, column 0").fill("-2")

    # The corner of the kernel meets the other corner of the window: convolution turns it.
    assert numbers(shown(page, "Output"))[0][0] == 14 + 2 * -2
    page.wait_for_url("**kernel=-2,-1,0;**")


@pytest.mark.parametrize(
    "state",
    ["stride=2,2&step=5", "input=1,2;3,4&kernel=1&step=5", "kernel=average_5&dilation=2,2&step=5"],
)
def test_a_link_to_a_step_that_is_not_there_shows_the_last_one(
    open_page: Callable[..., Page], state: str
) -> None:
    page = open_page(f"/#convolution?{state}")
    expect(page.locator(".stage")).to_be_visible()
    current, last = page.locator(".player .count").inner_text().split(" / ")

    assert current == last


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Stride s, rows", "4"),
        ("Dilation d, columns", "2"),
        ("Input rows", "3"),
        ("Input columns", "3"),
        ("Kernel rows", "5"),
    ],
)
def test_an_output_that_becomes_smaller_than_the_step_is_shown_whole(
    open_page: Callable[..., Page], shown: Shown, name: str, value: str
) -> None:
    page = open_page("/#convolution?step=8")
    before = shown(page, "Output")
    page.get_by_role("spinbutton", name=name, exact=True).fill(value)
    expect(page.locator(".player .count")).not_to_have_text("9 / 9")
    after = shown(page, "Output")
    current, last = page.locator(".player .count").inner_text().split(" / ")

    assert len(after) * len(after[0]) < len(before) * len(before[0])
    assert current == last == str(len(after) * len(after[0]))
    expect(page.locator(".written .sum b")).to_have_text(after[-1][-1].replace("-", "−"))


def test_it_plays_to_the_end_and_stops(open_page: Callable[..., Page]) -> None:
    page = open_page("/#convolution?cover=on")
    page.get_by_role("slider", name="Speed").fill("100")
    assert page.locator(".grid .is-covered").count() == 8
    page.get_by_role("button", name="Play").click()

    expect(page.locator(".player .count")).to_have_text("9 / 9")
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    assert page.locator(".grid .is-covered").count() == 0


def test_the_kernel_is_seen_turning_unless_motion_is_unwanted(open_page: Callable[..., Page]) -> None:
    for motion, running in (("no-preference", True), ("reduce", False)):
        page = open_page("/#convolution?kernel=sobel_x", reduced_motion=motion)
        page.get_by_text("Cross-correlation").click()

        assert (
            page.evaluate(
                "document.getAnimations().filter(one => one.effect.getTiming().duration > 500).length"
            )
            > 0
        ) is running


def test_keys_alone_step_and_play(open_page: Callable[..., Page]) -> None:
    page = open_page("/#convolution")
    page.locator(".grid button.is-current").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")

    expect(page.locator(".grid button.is-current")).to_have_text("−14")
    expect(page.locator(".grid button.is-current")).to_be_focused()
    page.keyboard.press("End")
    expect(page.locator(".grid button.is-current")).to_have_text("−3")


def call(lab: str, body: dict[str, Any]) -> Any:  # noqa: ANN401  JSON
    request = urllib.request.Request(
        f"{lab}/convolve",
        json.dumps({**body, "explain": [[0, 0]]}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)
