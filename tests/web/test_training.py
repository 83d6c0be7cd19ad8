"""Training in the lab: each network beside what was published of its kind, and every seed."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

SLIDES, PAPER, DISTORTED = ["119", "98.81 %"], ["95", "99.05 %"], ["80", "99.20 %"]

BOXES = """all => all.map(one => one.getBoundingClientRect())
    .map(({left, right, top, bottom}) => [left, right, top, bottom])"""


def facts(report: Locator) -> dict[str, list[str]]:
    """The figures of a network by their names."""
    expect(report.locator(".totals dd").first).to_be_visible()
    names, figures = (report.locator(f".totals {kind}").all_inner_texts() for kind in ("dt", "dd"))
    return dict(zip(names, [figure.replace("\xa0", " ").split("\n") for figure in figures], strict=True))


def report(page: Page, network: str) -> Locator:
    return page.get_by_role("region", name=network, exact=True)


def test_a_network_is_beside_what_was_published_of_its_kind(open_page: Callable[..., Page]) -> None:
    page = open_page("/#training")
    lecture, paper = report(page, "lenet5"), report(page, "lenet5-1998")

    assert facts(lecture)["Errors on the slides"] == SLIDES
    assert "Errors on the slides" not in facts(paper)
    assert facts(paper)["Errors in the paper of 1998"] == PAPER
    assert facts(paper)["In the paper, with distorted images"] == DISTORTED
    expect(lecture.locator(".interval")).to_contain_text("the slides: 98.81 %")
    expect(paper.locator(".interval")).not_to_contain_text("slides")
    expect(paper.locator(".interval")).to_contain_text("the paper: 99.05 %")
    expect(paper.get_by_role("img", name="the paper: 99.05 %; distorted: 99.20 %")).to_be_visible()


def test_what_was_published_is_told_in_portuguese(open_page: Callable[..., Page]) -> None:
    paper = report(open_page("/#training?lang=pt"), "lenet5-1998")

    assert facts(paper)["Erros no artigo de 1998"] == ["95", "99,05 %"]
    assert facts(paper)["No artigo, com imagens distorcidas"] == ["80", "99,20 %"]


def test_what_was_published_follows_from_the_kind_of_a_network_and_not_from_its_name(
    open_page: Callable[..., Page],
) -> None:
    page = open_page("/#cost")
    page.route(
        "**/models/lenet5",
        lambda route: route.fulfill(json={**route.fetch().json(), "network": "lenet5-1998"}),
    )
    page.get_by_role("link", name="Training").click()

    assert facts(report(page, "lenet5"))["Errors in the paper of 1998"] == PAPER


@pytest.mark.parametrize("size", [(320, 640), (390, 844), (1280, 720)])
@pytest.mark.parametrize("language", ["en", "pt"])
def test_no_label_of_an_interval_is_cut_or_lies_over_another(
    open_page: Callable[..., Page], language: str, size: tuple[int, int]
) -> None:
    page = open_page(f"/#training?lang={language}", size=size)
    expect(page.locator(".interval")).to_have_count(2)
    for picture in page.locator(".interval").all():
        boxes = picture.locator("xpath=. | .//*[name()='text']").evaluate_all(BOXES)
        (left, right, *_), *boxes = boxes
        over = [
            (a, b)
            for at, a in enumerate(boxes)
            for b in boxes[at + 1 :]
            if a[0] < b[1] and b[0] < a[1] and a[2] + 3 < b[3] and b[2] + 3 < a[3]
        ]

        assert over == []
        assert all(left <= box[0] and box[1] <= right + 1 for box in boxes)


@pytest.mark.parametrize(
    ("network", "rows"),
    [
        (
            "lenet5",
            [["1 this version", "20", "37"], ["2", "16", "36"], ["3", "24", "34"], ["Mean", "20.0", "35.7"]],
        ),
        (
            "lenet5-1998",
            [["1 this version", "25", "45"], ["2", "25", "51"], ["3", "20", "43"], ["Mean", "23.3", "46.3"]],
        ),
    ],
)
def test_every_seed_is_shown_with_the_one_that_is_served_and_their_mean(
    open_page: Callable[..., Page], network: str, rows: list[list[str]]
) -> None:
    table = report(open_page("/#training"), network).get_by_role("table", name="Every seed of this recipe")
    expect(table).to_be_visible()
    told = table.locator("tr").all()

    assert [row.locator("th, td").all_inner_texts() for row in told] == [
        ["Seed", "Validation errors", "Test errors"],
        *rows,
    ]
    expect(table.locator(".is-own")).to_have_count(1)


def test_seeds_are_told_in_portuguese(open_page: Callable[..., Page]) -> None:
    table = report(open_page("/#training?lang=pt"), "lenet5-1998").locator(".seeds")

    expect(table.locator("caption")).to_have_text("Cada semente desta receita")
    expect(table.locator(".is-own")).to_contain_text("esta versão")
    expect(table.locator("tfoot")).to_contain_text("46,3")


@pytest.mark.parametrize("seeds", [None, []])
def test_a_card_without_seeds_shows_none(open_page: Callable[..., Page], seeds: list[None] | None) -> None:
    page = open_page("/#cost")
    page.route("**/models/lenet5", lambda route: route.fulfill(json={**route.fetch().json(), "seeds": seeds}))
    page.get_by_role("link", name="Training").click()
    expect(report(page, "lenet5").locator(".totals")).to_be_visible()

    expect(report(page, "lenet5").locator(".seeds")).to_have_count(0)
    expect(report(page, "lenet5-1998").locator(".seeds")).to_have_count(1)
