"""Each network that is shown says what it reads, and the large answer says whose it is."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

BESIDE = "lenet5-1998"


def reading(page: Page, network: str) -> str:
    """What a network says that it reads, without its name, which is for screen readers."""
    told = page.get_by_role("region", name=network, exact=True).locator(".reading")
    expect(told).not_to_be_empty()
    return told.evaluate("told => told.lastChild.textContent").replace("\xa0", " ")


def answer(change: dict[str, Any]) -> Callable[[Route], None]:
    """Answer `/predict` of the network of 1998 otherwise."""

    def answer(route: Route) -> None:
        if f"model={BESIDE}" not in route.request.url:
            return route.continue_()
        body = route.fetch().json()
        body["predictions"][0] |= change
        return route.fulfill(json=body)

    return answer


@pytest.mark.parametrize("digit", [3, 8])
@pytest.mark.parametrize("prepared", [True, False])
def test_each_network_says_what_it_reads_and_how_sure_it_is(
    open_page: Callable[..., Page],
    digit: int,
    prepared: bool,  # noqa: FBT001  whether the drawing is
) -> None:
    page = open_page("/#digit" if prepared else "/#digit?prepare=off")
    expect(page.locator(".layer canvas")).to_have_count(9 + 12)
    with (
        page.expect_response(lambda given: "/predict?preprocess" in given.url) as first,
        page.expect_response(f"**/predict?model={BESIDE}*") as second,
    ):
        page.get_by_role("button", name=f"Draw a {digit}").click()
    for network, given in (("lenet5", first), (BESIDE, second)):
        prediction = given.value.json()["predictions"][0]
        share = prediction["confidence"]
        sure = "> 99.9" if share > 0.999 else f"{100 * share:.1f}"
        read = f"reads {prediction['digit']}, {sure} % sure"

        assert reading(page, network) == (read if prediction["is_digit"] else "not a digit, it seems")


@pytest.mark.parametrize(
    ("change", "english", "portuguese"),
    [
        ({"digit": 5, "confidence": 0.61234}, "reads 5, 61.2 % sure", "lê 5, 61,2 % de certeza"),
        ({"digit": 5, "confidence": 0.9995}, "reads 5, > 99.9 % sure", "lê 5, > 99,9 % de certeza"),
        ({"is_digit": False, "reason": "unfamiliar"}, "not a digit, it seems", "não parece um algarismo"),
        (
            {"is_digit": False, "reason": "several"},
            "more than one digit, it seems",
            "parece mais do que um algarismo",
        ),
        (
            {"is_digit": False, "reason": "blank", "digit": None, "confidence": 0},
            "no ink was found",
            "não se encontrou tinta",
        ),
    ],
)
def test_what_the_other_network_reads_is_its_own(
    open_page: Callable[..., Page], change: dict[str, Any], english: str, portuguese: str
) -> None:
    page = open_page("/#digit")
    page.route("**/predict*", answer(change))
    page.get_by_role("button", name="Draw a 3").click()
    expect(page.locator(".numeral")).to_have_text("3")

    assert reading(page, BESIDE) == english
    assert reading(page, "lenet5").startswith("reads 3")
    page.get_by_role("button", name="Português").click()

    assert reading(page, BESIDE) == portuguese
    expect(page.locator("main[aria-busy=true]")).to_have_count(0)


def test_the_large_answer_says_whose_it_is(open_page: Callable[..., Page]) -> None:
    page = open_page("/#digit")

    expect(page.get_by_role("region", name="Answer of lenet5", exact=True).locator(".whose")).to_have_text(
        "lenet5"
    )
    page.get_by_role("button", name="Português").click()
    expect(page.get_by_role("region", name="Resposta de lenet5", exact=True)).to_be_visible()


def test_what_is_read_is_heard_once_for_each_network(open_page: Callable[..., Page]) -> None:
    page = open_page("/#digit")
    page.get_by_role("button", name="Draw a 3").click()
    told = page.locator(".heading [role=status]")

    expect(told).to_have_count(1)
    expect(told).to_contain_text(f"{BESIDE} reads 3")
    page.get_by_role("button", name="Clear").click()
    expect(page.locator(".reading")).to_have_text(["", ""])


@pytest.mark.parametrize("language", ["en", "pt"])
@pytest.mark.parametrize("size", [(390, 844), (768, 1024), (1024, 768), (1280, 720), (1920, 1080)])
def test_nothing_moves_when_it_is_read(
    open_page: Callable[..., Page], size: tuple[int, int], language: str
) -> None:
    page = open_page(f"/#digit?lang={language}&prepare=off", size=size)
    expect(page.locator(".layer canvas")).to_have_count(9 + 12)
    places = "list => list.map(one => Object.values(one.getBoundingClientRect().toJSON()))"
    fixed = page.locator(":is(.layer canvas, .bars, .legend)")
    before = fixed.evaluate_all(places)
    page.route("**/predict*", answer({"is_digit": False, "reason": "several"}))
    page.locator(".samples button").nth(3).click()
    expect(page.locator(".reading").last).not_to_be_empty()

    expect(page.locator("main[aria-busy=true]")).to_have_count(0)
    assert fixed.evaluate_all(places) == before
