"""A kernel over a whole picture: its shape, its tones, and the value of the pixel that is pointed at."""

import base64
from collections.abc import Callable

import cv2
import numpy as np
import pytest
from playwright.sync_api import Page, expect
from scipy import ndimage

Drop = Callable[..., None]


def png(pixels: np.ndarray) -> bytes:
    return cv2.imencode(".png", pixels)[1].tobytes()


def pixels_of(page: Page, selector: str) -> np.ndarray:
    # As a file: a list of numbers would take seconds.
    address = page.locator(selector).evaluate("canvas => canvas.toDataURL()")
    file = np.frombuffer(base64.b64decode(address.partition(",")[2]), np.uint8)
    return cv2.imdecode(file, cv2.IMREAD_COLOR_RGB)


def test_a_picture_that_is_not_square_gets_no_edge_that_it_has_not(
    open_page: Callable[..., Page], drop: Drop
) -> None:
    page = open_page("/#pictures?kernel=laplacian_8")
    expect(page.locator(".result-maps canvas")).to_be_visible()
    with page.expect_response("**/convolve"):
        drop(page, png(np.full((60, 120, 3), 100, np.uint8)))

    expect(page.locator(".legend")).to_have_text("0+0")
    for selector in ("canvas.picture", ".result-maps canvas"):
        box = page.locator(selector).bounding_box()
        assert box
        assert box["width"] / box["height"] == pytest.approx(2, abs=0.02)


def test_a_dropped_picture_is_marked_as_the_source(open_page: Callable[..., Page], drop: Drop) -> None:
    page = open_page("/#pictures")
    expect(page.locator(".result-maps canvas")).to_be_visible()
    drop(page, png(np.full((8, 8, 3), 100, np.uint8)))

    expect(page.get_by_role("radio", name="Picture…")).to_be_checked()


@pytest.mark.parametrize("kernel", ["average_3", "gaussian_5"])
def test_smoothing_makes_grey_of_grey(open_page: Callable[..., Page], kernel: str) -> None:
    page = open_page(f"/#pictures?kernel={kernel}")
    expect(page.locator(".legend")).to_have_text("0255")
    before = pixels_of(page, "canvas.picture")
    after = pixels_of(page, ".result-maps canvas")[1::2, 1::2]

    assert (np.ptp(after, axis=-1) == 0).all()
    assert abs(after.mean() - before.mean()) < 1
    assert np.abs(np.diff(after[..., 0], axis=1)).sum() < np.abs(np.diff(before[..., 0], axis=1)).sum()


def test_smoothing_leaves_colours_as_they_are(open_page: Callable[..., Page]) -> None:
    page = open_page("/#pictures?kernel=average_3&colour=on")
    expect(page.locator(".result-maps canvas")).to_have_count(1)
    before = pixels_of(page, "canvas.picture")
    after = pixels_of(page, ".result-maps canvas")[1::2, 1::2]
    inside = ndimage.uniform_filter(before.astype(float), (3, 3, 1), mode="nearest")

    assert np.abs(after - inside).max() <= 1


def test_signed_channels_are_titled(open_page: Callable[..., Page]) -> None:
    page = open_page("/#pictures?colour=on")

    expect(page.locator(".result-maps figcaption")).to_have_text(["Red", "Green", "Blue"])
    page.locator(".result-maps canvas").nth(2).hover(position={"x": 30, "y": 30})
    expect(page.locator(".readout")).to_contain_text("blue")
    with page.expect_response("**/convolve"):
        page.get_by_label("Sum the channels").check()

    expect(page.locator(".result-maps figcaption")).to_have_text(["Output"])
    expect(page.locator(".readout")).not_to_contain_text("blue")


def test_the_value_under_the_pointer_is_the_new_kernels(open_page: Callable[..., Page]) -> None:
    page = open_page("/#pictures?kernel=sobel_y")
    expect(page.locator(".result-maps canvas")).to_be_visible()
    before = pixels_of(page, "canvas.picture")[..., 0].astype(float)
    canvas = page.locator(".result-maps canvas")
    shown, (height, width) = canvas.bounding_box(), before.shape
    assert shown
    canvas.hover(position={"x": 64.5 / width * shown["width"], "y": 62.5 / height * shown["height"]})
    expect(page.locator(".readout")).to_contain_text("row 62, column 64 =")
    page.get_by_role("combobox", name="Kernel").select_option("average_3")
    mean = ndimage.uniform_filter(before, 3, mode="nearest")[62, 64]

    expect(page.locator(".readout")).to_have_text(f"row 62, column 64 = {round(mean, 2):g}")


def test_the_call_is_the_one_that_the_picture_shows(open_page: Callable[..., Page]) -> None:
    page = open_page("/#pictures?kernel=1,2;3,4&colour=on&sum=on")
    page.get_by_text("The same as a call").click()

    for part in ("kernel=%5B%5B1%2C2%5D%2C%5B3%2C4%5D%5D", "padding_mode=replicate", "groups=1"):
        expect(page.locator(".call pre").first).to_contain_text(part)
