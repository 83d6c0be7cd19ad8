"""On a phone everything can be touched and seen; on a projector nothing stands empty."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

PHONE = {"size": (390, 844), "has_touch": True, "is_mobile": True, "device_scale_factor": 3}
LEAST_CELL_PX = 10
LEAST_TARGET_PX = 40
FADE_PX = 40


def open_digit(open_page: Callable[..., Page], size: tuple[int, int]) -> Page:
    page = open_page(**{**PHONE, "size": size})
    page.get_by_role("button", name="Draw a 3").click()
    expect(page.locator(".numeral")).to_have_text("3")
    expect(page.locator(".layer canvas")).to_have_count(9 + 12)
    return page


@pytest.mark.parametrize("size", [(320, 640), (390, 844), (768, 1024)])
def test_cells_are_large_enough_for_a_finger(open_page: Callable[..., Page], size: tuple[int, int]) -> None:
    page = open_digit(open_page, size)
    rows = {"input": 28, "conv2d_1": 28, "conv2d_2": 2 * 10, "average_pooling2d_2": 4 * 5, "dense_2": 10}
    for layer, least in rows.items():
        box = page.locator(f"[data-layer={layer}] canvas").first.bounding_box()
        assert box
        assert box["height"] >= least * LEAST_CELL_PX, layer


@pytest.mark.parametrize(
    ("size", "other"),
    [
        ((768, 1024), (1024, 768)),
        ((1024, 768), (768, 1024)),
        ((844, 390), (390, 844)),
        ((1280, 720), (1920, 1080)),
    ],
)
def test_layers_are_as_large_in_a_window_that_was_turned_as_in_one_that_opened_so(
    open_page: Callable[..., Page], size: tuple[int, int], other: tuple[int, int]
) -> None:
    def sizes(page: Page) -> list[list[int]]:
        expect(page.locator(".layer canvas")).to_have_count(9 + 12)
        return page.locator(".layer canvas").evaluate_all(
            "list => list.map(one => [one.width, one.height, one.clientWidth, one.clientHeight])"
        )

    page = open_page(size=size)
    before = sizes(page)
    page.set_viewport_size({"width": other[0], "height": other[1]})
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")

    assert sizes(page) == sizes(open_page(size=other))
    assert (sizes(page) == before) == (size == (844, 390))


def test_a_tapped_cell_is_taken_apart_where_it_is_seen(open_page: Callable[..., Page]) -> None:
    page = open_digit(open_page, (390, 844))
    page.locator("[data-layer=conv2d_1] canvas").tap(position={"x": 105, "y": 85})
    expect(page.locator(".inspector h3")).to_contain_text("conv2d_1 · map 0 · row 8, column 10")
    box = page.locator(".inspector").bounding_box()
    assert box

    assert box["y"] >= 0
    assert box["y"] + box["height"] <= 845
    for name, told in (
        ("One column on", "row 8, column 11"),
        ("One row up", "row 7, column 11"),
        ("Next map", "map 1"),
    ):
        button = page.get_by_role("button", name=name)
        target = button.bounding_box()
        assert target
        assert min(target["width"], target["height"]) >= LEAST_TARGET_PX
        button.tap()
        expect(page.locator(".inspector h3")).to_contain_text(told)
    page.get_by_role("button", name="Let go of the cell").tap()
    expect(page.locator(".inspector")).to_be_hidden()


@pytest.mark.parametrize("view", ["convolution", "pooling", "pictures", "cost"])
def test_settings_are_within_the_first_screen_and_open(open_page: Callable[..., Page], view: str) -> None:
    page = open_page(f"/#{view}", **PHONE)
    first = page.locator(".settings :is(select, input:not([type=file]))").first
    expect(first).to_be_hidden()
    page.get_by_text("Settings", exact=True).tap()
    expect(first).to_be_visible()
    box = first.bounding_box()

    assert box
    assert box["y"] + box["height"] < 400


@pytest.mark.parametrize("language", ["en", "pt"])
@pytest.mark.parametrize("width", [320, 390])
def test_the_tab_of_the_view_is_clear_of_the_fade(
    open_page: Callable[..., Page], width: int, language: str
) -> None:
    page = open_page(f"/#digit?lang={language}", **{**PHONE, "size": (width, 844)})
    row = page.locator("nav")
    for index in range(page.locator("nav a").count()):
        page.locator("nav a").nth(index).click()
        expect(page.locator("nav a").nth(index)).to_have_attribute("aria-current", "page")
        box, tab = row.bounding_box(), page.locator("nav [aria-current]").bounding_box()
        assert box
        assert tab
        before, after = (row.get_attribute(name) is not None for name in ("data-before", "data-after"))

        assert tab["x"] >= box["x"] + FADE_PX * before
        assert tab["x"] + tab["width"] <= box["x"] + box["width"] - FADE_PX * after


@pytest.mark.parametrize(("view", "part"), [("cost", ".figures .scroll"), ("training", ".charts .scroll")])
def test_a_table_that_goes_on_shows_that_it_does(
    open_page: Callable[..., Page], view: str, part: str
) -> None:
    page = open_page(f"/#{view}", **PHONE)
    table = page.locator(part).first
    expect(table).to_have_attribute("data-after", "")
    table.evaluate("part => part.scrollTo(9999, 0)")

    expect(table).not_to_have_attribute("data-after", "")
    expect(table).to_have_attribute("data-before", "")


@pytest.mark.parametrize(
    ("view", "part"),
    [("training", ".charts-part"), ("signals", ".plots, .gathered"), ("channels", ".gathered")],
)
def test_the_right_third_of_a_wide_screen_is_used(
    open_page: Callable[..., Page], view: str, part: str
) -> None:
    page = open_page(f"/#{view}", size=(1920, 1080))
    box = page.locator(part).last.bounding_box()

    assert box
    assert box["x"] + box["width"] > 1920 * 0.9
    assert box["x"] + box["width"] / 2 > 1920 * 0.6
