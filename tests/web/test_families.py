"""The lab shows any network by its card; a layer or network that it does not know is its own fault."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from service.settings import Settings

ELSEWHERE, LENET5, LENET5_1998, RIDGES = range(4)
"""Their places on the page, which are those of their names."""


@pytest.fixture(scope="module")
def lab(
    serve: Callable[..., str],
    ridges: Path,
    write_elsewhere: Callable[..., Path],
    write_ink: Callable[[Path], Path],
    settings: Settings,
    tmp_path_factory: pytest.TempPathFactory,
) -> str:
    """The address of a service with models of its own beside the package's."""
    folder = tmp_path_factory.mktemp("models")
    shutil.copytree(settings.model_repository / "lenet5", folder / "lenet5")
    shutil.copytree(ridges.parent, folder / "ridges")
    write_elsewhere(folder / "elsewhere" / "1", last="/head/dense #1? 100%")
    write_ink(folder / "sheet" / "1")
    return serve(LENET_MODEL_REPOSITORY=str(folder), LENET_DEVICE="cpu", LENET_THREADS="1")


def test_each_network_that_reads_digits_is_shown_with_its_own_layers(open_page: Callable[..., Page]) -> None:
    page = open_page("/#digit")
    networks = page.locator(".network")
    expect(networks).to_have_count(4)
    for number in range(4):
        expect(networks.nth(number).locator(".layer figcaption").last).to_be_attached()
    captions = networks.nth(RIDGES).locator(".layer figcaption").all_inner_texts()
    others = networks.nth(ELSEWHERE).locator(".layer figcaption").all_inner_texts()

    assert [caption.split("\n")[:2] for caption in captions] == [
        ["Input", "32×32×1"],
        ["conv2d_1", "14×14×4"],
        ["gain_1", "14×14×4"],
        ["conv2d_2", "14×14×4"],
        ["add_1", "14×14×4"],
        ["max_pooling2d_1", "7×7×4"],
        ["batch_normalization_1", "7×7×4"],
        ["flatten_1", "196"],
        ["dense_1", "24"],
        ["dense_2", "10"],
        ["softmax_1", "10"],
    ]
    assert [caption.split("\n")[1] for caption in others] == ["32×32×1", "32×32", "1024", "10"]


@pytest.mark.parametrize("prepared", [True, False])
def test_a_drawing_is_seen_by_all_of_them(open_page: Callable[..., Page], prepared: bool) -> None:  # noqa: FBT001
    page = open_page("/#digit" if prepared else "/#digit?prepare=off")
    canvases = page.locator(".network canvas.map")
    expect(canvases).to_have_count(9 + 12 + 11 + 4)
    pictures = "canvases => canvases.map(canvas => canvas.toDataURL())"
    empty = canvases.evaluate_all(pictures)
    with page.expect_response("**/feature-maps?model=ridges*"):
        page.get_by_role("button", name="Draw a 3").click()
    expect(page.locator(".numeral")).to_have_text("3")
    page.locator(".network").nth(RIDGES).locator("canvas.map").first.hover(position={"x": 49, "y": 49})
    expect(page.locator(".network").nth(RIDGES).locator(".readout")).to_contain_text("row 16, column 16")

    expect(page.locator(".network .notice:visible")).to_have_count(0)
    assert all(one != other for one, other in zip(canvases.evaluate_all(pictures), empty, strict=True))


@pytest.mark.parametrize(
    ("network", "pin"),
    [
        (RIDGES, "1,2,6,6"),
        (RIDGES, "3,1,0,0"),
        (RIDGES, "5,3,2,2"),
        (RIDGES, "8,0,2,3"),
        (RIDGES, "9,0,3,0"),
        (RIDGES, "10,0,3,0"),
        (ELSEWHERE, "3,0,3,0"),
        (LENET5, "3,2,5,5"),
    ],
)
def test_a_cell_of_a_known_kind_of_layer_is_taken_apart(
    open_page: Callable[..., Page], network: int, pin: str
) -> None:
    page = open_page(f"/#digit?pin={pin}&network={network}")
    page.get_by_role("button", name="Draw a 3").click()
    title = page.locator(".inspector h3")
    expect(title).to_contain_text("=")
    value = title.inner_text().rsplit("= ", 1)[1]

    expect(page.locator(".account .sum b").last).to_have_text(value)


@pytest.mark.parametrize(
    ("network", "pin", "kind"),
    [
        (RIDGES, "2,1,6,6", "Gain"),
        (RIDGES, "4,1,6,6", "Add"),
        (RIDGES, "6,0,3,3", "BatchNormalization"),
        (ELSEWHERE, "1,0,9,9", "Edges"),
    ],
)
def test_of_an_unknown_kind_the_map_is_shown_and_no_account(
    open_page: Callable[..., Page], network: int, pin: str, kind: str
) -> None:
    page = open_page(f"/#digit?pin={pin}&network={network}")
    page.get_by_role("button", name="Draw a 3").click()

    expect(page.locator(".account")).to_contain_text(f"How a layer of the type {kind} computes")
    expect(page.locator(".inspector h3")).to_contain_text("=")
    expect(page.locator(".numeral")).to_have_text("3")


@pytest.mark.parametrize("path", ["**/models/ridges", "**/feature-maps?model=ridges*"])
def test_a_network_that_fails_takes_no_other_down(open_page: Callable[..., Page], path: str) -> None:
    page = open_page("/problems/not-found", refused="500")
    page.route(path, lambda route: route.fulfill(status=500, json={"title": "xyzzy"}))
    page.goto(page.url.replace("/problems/not-found", "/#digit"))
    page.get_by_role("button", name="Draw a 3").click()
    networks = page.locator(".network")

    expect(networks.nth(RIDGES).locator(".notice")).to_contain_text("This network cannot be shown: xyzzy")
    expect(page.locator(".numeral")).to_have_text("3")
    expect(networks.nth(LENET5).locator(".layer")).to_have_count(9)
    expect(networks.nth(LENET5_1998).locator(".layer")).to_have_count(12)
    networks.nth(LENET5).locator("[data-layer=conv2d_2] canvas").click(position={"x": 20, "y": 20})
    expect(page.locator(".inspector h3")).to_contain_text("conv2d_2")


def test_the_training_view_is_of_those_that_read_digits(open_page: Callable[..., Page]) -> None:
    page = open_page("/#training")

    expect(page.locator(".training")).to_have_count(4)
