"""The page as a whole: reachable by keyboard alone, legible, light, offline, in two languages."""

import json
import re
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

VIEWS = ["digit", "convolution", "pictures", "pooling", "channels", "signals", "cost", "training"]
WEB = Path(__file__).parents[2] / "service" / "web"
SIZES = {
    "small": (320, 640),
    "phone": (390, 844),
    "tablet": (768, 1024),
    "laptop": (1280, 720),
    "projector": (1920, 1080),
}
AXE = (resources.files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")


LEAVING = """() => [...document.querySelectorAll('main :is(button, label, legend, .name, dt, figcaption b)')]
    .filter(one => one.checkVisibility() && one.innerText && !one.closest('.unseen'))
    .filter(one => {
        const words = document.createRange();
        words.selectNodeContents(one);
        const [inner, outer] = [words.getBoundingClientRect(), one.getBoundingClientRect()];
        return inner.width > outer.width + 1;
    })
    .map(one => one.innerText)"""
"""The words that are wider than the box that they stand in."""


def settle(page: Page) -> None:
    expect(page.locator("main")).to_have_text(re.compile(r".{20}", re.DOTALL))
    expect(page.locator("main[aria-busy=true]")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("view", VIEWS)
def test_no_view_has_a_serious_finding_of_axe(open_page: Callable[..., Page], view: str, scheme: str) -> None:
    state = "?pin=3,2,5,5" if view == "digit" else ""
    page = open_page(f"/#{view}{state}", color_scheme=scheme)
    if view == "digit":
        page.get_by_role("button", name="Draw a 3").click()
        expect(page.locator(".inspector .partial").first).to_be_visible()
    settle(page)

    assert findings(page) == []


@pytest.mark.parametrize("path", ["/docs", "/problems/invalid-input"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_beside_it_has_one_either(open_page: Callable[..., Page], path: str, scheme: str) -> None:
    page = open_page(path, color_scheme=scheme)
    settle(page)

    assert findings(page) == []


def findings(page: Page) -> list[Any]:
    page.evaluate(AXE)
    found = page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
    return [
        (one["id"], one["impact"], [node["target"] for node in one["nodes"]][:3])
        for one in found
        if one["impact"] in {"serious", "critical"}
    ]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("view", VIEWS)
def test_nothing_is_cut_off_at_the_side(open_page: Callable[..., Page], view: str, size: str) -> None:
    page = open_page(f"/#{view}", size=SIZES[size])
    for language in ("Português", "English"):
        settle(page)
        page.evaluate("document.querySelectorAll('main details').forEach(one => (one.open = true))")

        assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size][0]
        assert page.evaluate(LEAVING) == []
        page.get_by_role("button", name=language).click()


@pytest.mark.parametrize("view", ["convolution", "pooling"])
def test_window_and_sum_are_seen_without_scrolling(open_page: Callable[..., Page], view: str) -> None:
    for size in ("laptop", "projector"):
        page = open_page(f"/#{view}?padding=same", size=SIZES[size])
        box = page.locator(".written .sum").first.bounding_box()

        assert box
        assert box["y"] + box["height"] <= SIZES[size][1]


@pytest.mark.parametrize("view", VIEWS)
def test_every_control_is_reached_by_the_tab_key_and_has_a_name(
    open_page: Callable[..., Page], view: str
) -> None:
    page = open_page(f"/#{view}")
    settle(page)
    wanted = page.evaluate(
        """() => [...document.querySelectorAll('a[href], button, input, select, summary, canvas[tabindex]')]
        .filter(one => one.checkVisibility() && one.tabIndex >= 0 && !one.disabled)
        .filter(one => one.type !== 'radio' || one.checked).length"""
    )
    reached = set()
    for _ in range(wanted + 12):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate(
                """() => {
            const one = document.activeElement;
            if (one === document.body) return null;
            const label = one.getAttribute('aria-label') || one.labels?.[0]?.innerText;
            const name = label || one.innerText || one.title;
            const all = [...document.querySelectorAll('*')];
            return JSON.stringify([all.indexOf(one), one.tagName, Boolean(name.trim())]);
        }"""
            )
        )
    stops = [json.loads(stop) for stop in reached if stop]
    controls = [stop for stop in stops if stop[1] in {"A", "BUTTON", "INPUT", "SELECT", "SUMMARY", "CANVAS"}]

    assert len(controls) == wanted
    assert all(named for _, _, named in controls)


FOCUSED = "document.activeElement.getAttribute('aria-label') || document.activeElement.innerText"


@pytest.mark.parametrize(
    ("name", "after"),
    [
        ("Português", "English"),
        ("Light or dark", "Light or dark"),
        ("Pooling", "Pooling"),
        ("LeNet-5 lab", "LeNet-5 lab"),
    ],
)
def test_who_presses_a_control_of_the_masthead_stays_at_it(
    open_page: Callable[..., Page], name: str, after: str
) -> None:
    page = open_page("/#signals")
    page.locator(".masthead").locator("a, button").and_(
        page.get_by_text(name, exact=True).or_(page.get_by_label(name))
    ).focus()
    page.keyboard.press("Enter")
    settle(page)

    assert page.evaluate(FOCUSED) == after


def test_who_is_in_a_view_that_is_replaced_stays_in_the_page(open_page: Callable[..., Page]) -> None:
    page = open_page("/#signals")
    page.get_by_role("link", name="Pooling").click()
    page.get_by_role("button", name="Next").focus()
    page.go_back()
    expect(page.locator("nav [aria-current]")).to_have_text("Signals")
    settle(page)

    assert page.evaluate("document.activeElement.id") == "main"


def test_who_takes_out_a_layer_goes_to_the_next(open_page: Callable[..., Page]) -> None:
    page = open_page("/#cost")
    settle(page)
    for name, after in (
        ("Remove AveragePooling2D 2", "Remove Conv2D 2"),
        ("Remove Dense 7", "Remove Dense 6"),
    ):
        page.get_by_role("button", name=name).focus()
        page.keyboard.press("Enter")
        settle(page)

        assert page.evaluate(FOCUSED) == after


def test_who_chooses_a_map_stays_at_it_and_who_lets_go_of_a_cell_stays_in_the_page(
    open_page: Callable[..., Page],
) -> None:
    page = open_page("/#digit?pin=3,2,5,5")
    page.get_by_role("button", name="Draw a 7").click()
    page.locator(".channels button").nth(2).focus()
    page.keyboard.press("Enter")
    expect(page.locator(".equation")).to_contain_text("Window in map 2")
    expect(page.locator(".channels button").nth(2)).to_be_focused()
    page.get_by_role("button", name="Let go of the cell").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".inspector")).to_be_hidden()

    assert page.evaluate("document.activeElement.id") == "main"


def test_a_digit_can_be_chosen_and_taken_apart_by_keys_alone(open_page: Callable[..., Page]) -> None:
    page = open_page()
    page.get_by_role("button", name="Draw a 7").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".numeral")).to_have_text("7")
    page.locator("[data-layer=conv2d_2] canvas").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowRight")

    expect(page.locator(".inspector h3")).to_contain_text("conv2d_2 · map 0 · row 5, column 5")
    page.locator(".channels button").nth(2).focus()
    page.keyboard.press("Enter")
    expect(page.locator(".equation")).to_contain_text("Window in map 2")


def test_a_cell_that_is_pinned_before_the_maps_arrive_is_taken_apart_when_they_do(
    open_page: Callable[..., Page],
) -> None:
    page = open_page()
    settle(page)
    held: list[Route] = []
    page.route("**/feature-maps*", lambda route: held.append(route), times=1)  # noqa: PLW0108  Playwright wants a function
    with page.expect_request("**/feature-maps*"):
        page.get_by_role("button", name="Draw a 7").click()
    page.locator("[data-layer=conv2d_2] canvas").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowRight")
    for request in held:
        request.continue_()

    expect(page.locator(".inspector h3")).to_contain_text("conv2d_2 · map 0 · row 5, column 5")


def test_portuguese_has_every_word_and_keeps_the_state(open_page: Callable[..., Page]) -> None:
    page = open_page("/#convolution?kernel=sobel_x&step=2")
    page.get_by_role("button", name="Português").click()

    expect(page.locator(".segments").first).to_contain_text("Correlação cruzada")
    expect(page.locator(".player .count")).to_have_text("3 / 9")
    assert page.evaluate("document.documentElement.lang") == "pt"
    assert "lang=pt" in page.url
    rows = page.evaluate("import('/web/strings.js').then(({STRINGS}) => Object.entries(STRINGS))")
    braces = re.compile(r"\{\w+\}")
    for key, words in rows:
        assert len(words) == 2, key
        # English needs no other name for a kind of problem than what the service says.
        assert bool(words[0]) == bool(words[1]) or key.startswith("problem_"), key
        assert sorted(braces.findall(words[0])) == sorted(braces.findall(words[1])), key


def test_a_portuguese_browser_is_greeted_in_portuguese(open_page: Callable[..., Page]) -> None:
    page = open_page(locale="pt-PT")

    expect(page.locator("nav [aria-current]")).to_have_text("Algarismo")


def test_dark_is_kept_when_it_was_chosen(open_page: Callable[..., Page]) -> None:
    page = open_page()
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.get_by_role("button", name="Light or dark").click()
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.reload()

    assert dark != light
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == dark


@pytest.mark.parametrize(
    "address",
    [
        "/#nothing",
        "/#digit?ink=%%%&pin=99,0,0,0",
        "/#digit?pin=3,99,99,99&ink=" + "A" * 5000,
        "/#convolution?kernel=1,2;3&input=x&stride=-4&step=1e9&padding=huh&bias=NaN",
        "/#pooling?patch=0&margins=9,9&padding=number",
        "/#signals?x=a,b&h=&n=99",
        "/#channels?kernel=7&step=-1",
        "/#pictures?kernel=,",
    ],
)
def test_an_address_of_nonsense_shows_the_page_all_the_same(
    open_page: Callable[..., Page], address: str
) -> None:
    page = open_page(address)
    settle(page)

    expect(page.locator("main .view")).to_be_visible()


def test_the_whole_page_is_light(open_page: Callable[..., Page]) -> None:
    del open_page
    files = [file for file in WEB.rglob("*") if file.is_file()]

    assert sum(file.stat().st_size for file in files) < 400_000


def test_each_module_is_small_and_names_no_other_host() -> None:
    for file in [*WEB.rglob("*.js"), *WEB.rglob("*.css"), *WEB.rglob("*.html")]:
        text = file.read_text(encoding="utf-8")
        hosts = {host for host in re.findall(r"https?://([\w.-]+)", text) if host != "www.w3.org"}

        assert not hosts, file
        assert "innerHTML" not in text, file
        # The one string table grows with the page.
        assert len(text.splitlines()) <= 300 or file.name == "strings.js", file


def test_the_api_page_tries_every_get_and_an_example_of_each_post(open_page: Callable[..., Page]) -> None:
    page = open_page("/docs")
    expect(page.locator(".endpoint").first).to_be_visible()
    for endpoint in page.locator(".endpoint").all():
        title = endpoint.locator("h3").inner_text()
        if title.endswith("load"):
            # Models are not loaded and unloaded by requests, unless a setting allows it.
            continue
        endpoint.get_by_role("button", name="Try it").click()

        expect(endpoint.locator(".answer p").first, title).to_have_text(re.compile("^200"))


def test_the_api_page_says_what_each_endpoint_is_for_without_markup(open_page: Callable[..., Page]) -> None:
    page = open_page("/docs")
    expect(page.locator(".endpoint").first).to_be_visible()
    page.evaluate("document.querySelectorAll('details').forEach((details) => (details.open = true))")
    endpoints = page.locator(".endpoint").all()
    types = page.locator(".endpoint td > code:first-child").all_inner_texts()

    assert len(endpoints) > 20
    for endpoint in endpoints:
        purpose = endpoint.locator(".purpose").inner_text()

        assert len(purpose) > 40, endpoint.locator("h3").inner_text()
        assert "FastAPI" not in purpose
    assert not re.search(r"`|\*\*|\]\(", page.locator("main").inner_text())
    assert [text for text in types if re.search(r"\bany\b|\bundefined\b|\[\]", text)] == []


def test_the_api_page_sends_a_picture_and_shows_one(open_page: Callable[..., Page], seven: bytes) -> None:
    page = open_page("/docs")
    endpoint = page.locator("#post-feature-maps")
    endpoint.locator("input[type=file]").set_input_files(
        {"name": "seven.jpg", "mimeType": "image/jpeg", "buffer": seven}
    )
    endpoint.get_by_label("Accept").select_option("image/png")
    endpoint.get_by_role("button", name="Try it").click()

    expect(endpoint.locator(".answer img")).to_be_visible()


@pytest.mark.parametrize("has_clipboard", [True, False])
def test_the_link_to_what_is_shown_is_copied(open_page: Callable[..., Page], *, has_clipboard: bool) -> None:
    page = open_page("/#pooling?operation=average", permissions=["clipboard-read", "clipboard-write"])
    if not has_clipboard:
        page.evaluate("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    page.get_by_role("button", name="Copy a link to what is shown").click()

    expect(page.locator(".said-briefly")).to_have_text("Copied")
    if has_clipboard:
        assert page.evaluate("navigator.clipboard.readText()") == page.url
