"""What is shown is what the address says, and nothing that was made is lost on the way."""

import math
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Page, expect

TOLD = """() => [
    document.querySelector('main').innerText,
    [...document.querySelectorAll('main :is(input, select)')].map(one => [one.value, one.checked]),
    [...document.querySelectorAll('main canvas')].map(one => one.toDataURL()),
]"""
SEVEN = [[(0.3, 0.24), (0.7, 0.24), (0.58, 0.5), (0.47, 0.82)]]


def settle(page: Page) -> None:
    expect(page.locator("main .view")).to_be_visible()
    expect(page.locator("main[aria-busy=true]")).to_have_count(0)
    # A canvas is drawn at the next frame.
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


def told(page: Page) -> Any:  # noqa: ANN401  JSON
    """Give every word, number, setting and pixel of the view."""
    settle(page)
    page.mouse.move(1, 1)
    return page.evaluate(TOLD)


def link(page: Page) -> str:
    page.get_by_role("button", name="Copy a link to what is shown").click()
    return page.url.removeprefix(page.evaluate("location.origin"))


def draw(page: Page, strokes: list[list[tuple[float, float]]] = SEVEN) -> None:
    box = page.locator(".pad").bounding_box()
    assert box
    for stroke in strokes:
        places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke]
        page.mouse.move(*places[0])
        page.mouse.down()
        for place in places[1:]:
            page.mouse.move(*place, steps=9)
        page.mouse.up()


def test_a_link_shows_the_same_drawing_brush_cell_and_map_to_the_last_digit(
    open_page: Callable[..., Page],
) -> None:
    page = open_page()
    draw(page, [*SEVEN, [(0.371, 0.5033), (0.7007, 0.5149)]])
    page.get_by_label("Brush width").fill("12.5")
    expect(page.locator(".numeral")).to_have_text("7")
    page.locator("[data-layer=conv2d_2] canvas").click(position={"x": 20, "y": 20})
    page.locator(".channels button").nth(4).click()
    expect(page.locator(".equation")).to_contain_text("Window in map 4")
    before = told(page)

    assert told(open_page(link(page))) == before


def test_a_long_drawing_is_in_its_link_too(open_page: Callable[..., Page]) -> None:
    page = open_page("/#digit?ink=" + "".join(f"{a}{b}A{b}" for a in "GHIJKLMNOP" for b in "abcdefgh" * 9))
    settle(page)
    draw(page)
    before = told(page)
    address = link(page)

    assert len(address) > 2800
    assert told(open_page(address)) == before
    expect(page.locator(".said")).not_to_have_text("Draw something")


def test_paper_that_a_link_could_not_hold_takes_no_more(open_page: Callable[..., Page]) -> None:
    page = open_page("/#digit?ink=" + "AAAB" * 4000)
    settle(page)
    draw(page)
    settle(page)

    expect(page.get_by_text("The paper is full")).to_be_visible()
    assert "ink=" + "AAAB" * 4000 in link(page).replace(".", "")


def test_a_link_keeps_every_decimal_of_a_kernel_and_its_border_and_step(
    open_page: Callable[..., Page],
) -> None:
    page = open_page("/#convolution?padding=same&border=reflect&stride=2,1&kernel=average_3")
    kernel = page.get_by_role("group", name="Kernel", exact=True).first
    kernel.get_by_label("row 0, column 0").fill("1000.12345678")
    page.get_by_role("button", name="Next", exact=True).click()
    expect(page.locator(".player .count")).to_have_text("2 / 15")
    before = told(page)

    assert told(open_page(link(page))) == before


@pytest.mark.parametrize(
    ("address", "field", "value"),
    [
        ("/#pooling?operation=average&padding=same&stride=1", "row 1, column 1", "0.123456789"),
        ("/#signals", "System h", "1, 0.123456789, -2"),
        ("/#channels?kernel=1", None, None),
    ],
)
def test_a_link_shows_the_same_step_of_other_views(
    open_page: Callable[..., Page], address: str, field: str | None, value: str | None
) -> None:
    page = open_page(address)
    if field and value:
        page.get_by_label(field, exact=True).first.fill(value)
        page.get_by_label(field, exact=True).first.blur()
    page.get_by_role("button", name="Next", exact=True).click()
    page.get_by_role("button", name="Next", exact=True).click()
    address = link(page)
    before = told(open_page(address))

    assert told(page)[0] == before[0]


@pytest.mark.parametrize("language", ["en", "pt"])
def test_signals_keep_every_decimal_when_one_of_their_numbers_is_changed(
    open_page: Callable[..., Page], language: str
) -> None:
    page = open_page(f"/#signals?lang={language}&h=1,-1e-7,0.123456789012345")
    fields = page.locator(".signals input")
    for field in fields.all():
        numbers = field.input_value()
        field.fill(numbers + ("; " if language == "pt" else ", ") + "3")
        field.blur()
    page.wait_for_url("**,3&h=**,3&lang=**")
    address = page.url.removeprefix(page.evaluate("location.origin"))
    signal = [2 * math.exp(-0.3 * n) for n in range(8)]

    assert [float(one) for one in values(address, "x")] == pytest.approx([*signal, 3], rel=1e-15)
    assert values(address, "h") == ["1", "-1e-7", "0.123456789012345", "3"]
    assert told(open_page(address)) == told(page)


def values(address: str, name: str) -> list[str]:
    return parse_qs(address.partition("?")[2])[name][0].split(",")


def test_a_link_to_a_kernel_over_the_drawing_has_the_drawing(open_page: Callable[..., Page]) -> None:
    page = open_page()
    draw(page)
    page.get_by_label("Brush width").fill("6")
    go_to(page, "Pictures")
    page.get_by_text("Drawing", exact=True).click()
    page.get_by_role("group", name="Kernel", exact=True).get_by_label("row 1, column 1").fill("0.987654321")
    page.get_by_role("group", name="Kernel", exact=True).get_by_label("row 1, column 1").blur()
    settle(page)
    before = told(page)

    assert told(open_page(link(page))) == before


def go_to(page: Page, view: str) -> None:
    """Open a view, and wait until it has taken the place of the one before."""
    page.get_by_role("link", name=view, exact=True).click()
    expect(page.get_by_role("heading", name=view, exact=True)).to_be_attached()


def change_view(page: Page) -> None:
    current = page.locator("nav [aria-current]").inner_text()
    go_to(page, "Signals")
    go_to(page, current)


def change_theme(page: Page) -> None:
    page.get_by_role("button", name="Light or dark").click()
    page.get_by_role("button", name="Light or dark").click()


def change_language(page: Page) -> None:
    page.get_by_role("button", name="Português").click()
    page.get_by_role("button", name="English").click()


CHANGES = [change_view, change_theme, change_language]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("view", ["digit", "pictures"])
def test_a_picture_stays_when_view_theme_or_language_change(
    open_page: Callable[..., Page], seven: bytes, view: str, change: Callable[[Page], None]
) -> None:
    page = open_page(f"/#{view}?lang=en")
    settle(page)
    with page.expect_response("**/predict*" if view == "digit" else "**/convolve*"):
        page.locator("input[type=file]").set_input_files(
            {"name": "seven.jpg", "mimeType": "image/jpeg", "buffer": seven}
        )
    before = told(page)
    change(page)
    settle(page)

    if view == "digit":
        expect(page.locator(".numeral")).to_have_text("7")
    else:
        expect(page.locator(".segments :checked").first).to_have_value("file")
    assert told(page)[2] == before[2]


@pytest.mark.parametrize("view", ["digit", "pictures"])
def test_a_picture_stays_when_the_page_is_loaded_again(
    open_page: Callable[..., Page], seven: bytes, view: str
) -> None:
    page = open_page(f"/#{view}")
    settle(page)
    with page.expect_response("**/predict*" if view == "digit" else "**/convolve*"):
        page.locator("input[type=file]").set_input_files(
            {"name": "seven.jpg", "mimeType": "image/jpeg", "buffer": seven}
        )
    page.wait_for_url("**source=file**")
    before = told(page)
    page.reload()
    page.wait_for_load_state("networkidle")

    assert told(page) == before


def test_a_picture_too_large_to_be_kept_leaves_no_other_in_its_place(
    open_page: Callable[..., Page], seven: bytes
) -> None:
    page = open_page()
    for name, content in (("seven.jpg", seven), ("large.jpg", seven + bytes(1_500_000))):
        with page.expect_response("**/predict*"):
            page.locator("input[type=file]").set_input_files(
                {"name": name, "mimeType": "image/jpeg", "buffer": content}
            )
        settle(page)
    page.reload()

    expect(page.get_by_text("choose the picture again")).to_be_visible()


def test_each_view_is_found_as_it_was_left(open_page: Callable[..., Page]) -> None:
    page = open_page("/#convolution")
    page.get_by_role("group", name="Kernel", exact=True).first.get_by_label("row 0, column 0").fill("-2")
    go_to(page, "Pictures")
    page.get_by_role("combobox", name="Kernel").select_option("gaussian_5")
    go_to(page, "Convolution")
    expect(
        page.get_by_role("group", name="Kernel", exact=True).first.get_by_label("row 0, column 0")
    ).to_have_value("−2")
    go_to(page, "Pictures")

    expect(page.get_by_role("combobox", name="Kernel")).to_have_value("gaussian_5")


def test_clearing_can_be_undone_even_after_another_view(open_page: Callable[..., Page]) -> None:
    page = open_page()
    draw(page)
    page.get_by_role("button", name="Clear").click()
    expect(page.locator(".said")).to_have_text("Draw something")
    change_view(page)
    page.get_by_role("button", name="Undo").click()

    expect(page.locator(".numeral")).to_have_text("7")


def test_a_picture_that_was_drawn_over_comes_back(open_page: Callable[..., Page], seven: bytes) -> None:
    page = open_page()
    page.locator("input[type=file]").set_input_files(
        {"name": "seven.jpg", "mimeType": "image/jpeg", "buffer": seven}
    )
    expect(page.locator(".numeral")).to_have_text("7")
    page.get_by_role("button", name="Draw a 3").click()
    expect(page.locator(".numeral")).to_have_text("3")
    page.get_by_role("button", name="Undo").click()

    expect(page.locator(".numeral")).to_have_text("7")


@pytest.mark.parametrize("view", ["digit", "pictures"])
def test_a_link_to_a_picture_says_that_it_has_none(open_page: Callable[..., Page], view: str) -> None:
    page = open_page(f"/#{view}?source=file")

    expect(page.get_by_text("A link has no")).to_be_visible()
    expect(page.locator(".result-maps canvas")).to_have_count(0)
