"""What was done last is what is shown, however slow something before it is."""

import re
from collections.abc import Callable

import cv2
import numpy as np
import pytest
from playwright.sync_api import Page, Route, expect

SLOWLY = """() => {
    const read = createImageBitmap;
    const [began, released, ended] = ['began', 'released', 'ended'].map(name => {
        let reach;
        const promise = new Promise(done => (reach = done));
        window[name] = {promise, reach};
        return window[name];
    });
    window.createImageBitmap = async (file, ...how) => {
        window.reading = read(file, ...how).catch(() => null);
        const bitmap = await read(file, ...how);
        if (file.name !== 'slow.png') return bitmap;
        began.reach();
        await released.promise;
        ended.reach();
        return bitmap;
    };
}"""
"""Pictures of that name are read only when the test lets them."""
TOLD = """() => [
    document.querySelector('main').innerText,
    [...document.querySelectorAll('main canvas')].map(one => one.toDataURL()),
]"""


def upload(page: Page, name: str, content: bytes) -> None:
    page.locator("input[type=file]").set_input_files(
        {"name": name, "mimeType": "image/png", "buffer": content}
    )


def settle(page: Page) -> None:
    page.evaluate("window.reading?.then(() => null)")
    # What a view asks for, it asks for after a promise, and draws at the next frame.
    page.evaluate("new Promise(done => setTimeout(() => requestAnimationFrame(() => done()), 50))")
    expect(page.locator("main[aria-busy=true]")).to_have_count(0)


def draw(page: Page) -> None:
    box = page.locator(".pad").bounding_box()
    assert box
    page.mouse.move(box["x"] + 100, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + 100, box["y"] + 200, steps=5)
    page.mouse.up()


DIGIT: dict[str, Callable[[Page, bytes], None]] = {
    "another picture": lambda page, seven: upload(page, "seven.jpg", seven),
    "a text": lambda page, _: upload(page, "notes.txt", b"no picture at all"),
    "a sample": lambda page, _: page.get_by_role("button", name="Draw a 3").click(),
    "a stroke": lambda page, _: draw(page),
    "clearing": lambda page, _: page.get_by_role("button", name="Clear").click(),
    "undoing": lambda page, _: page.get_by_role("button", name="Undo").click(),
    "another language": lambda page, _: page.get_by_role("button", name="Português").click(),
}
PICTURES: dict[str, Callable[[Page, bytes], None]] = {
    "another picture": DIGIT["another picture"],
    "a text": DIGIT["a text"],
    "the drawing": lambda page, _: page.get_by_text("Drawing", exact=True).click(),
    "another language": DIGIT["another language"],
}


@pytest.mark.parametrize(
    ("view", "newer"), [("digit", name) for name in DIGIT] + [("pictures", name) for name in PICTURES]
)
def test_a_picture_that_is_read_slowly_replaces_nothing_newer(
    open_page: Callable[..., Page], seven: bytes, view: str, newer: str
) -> None:
    page = open_page(f"/#{view}")
    if view == "digit":
        page.get_by_role("button", name="Draw a 5").click()
    settle(page)
    page.evaluate(SLOWLY)
    upload(page, "slow.png", cv2.imencode(".png", np.full((90, 60, 3), 77, np.uint8))[1].tobytes())
    page.evaluate("began.promise")
    (DIGIT if view == "digit" else PICTURES)[newer](page, seven)
    settle(page)
    before = page.evaluate(TOLD)
    page.evaluate("released.reach()")
    page.evaluate("ended.promise")
    settle(page)

    assert page.evaluate(TOLD) == before


@pytest.mark.parametrize("path", ["/#pooling", "/docs"])
def test_an_answer_to_an_older_call_is_not_shown_beside_a_newer_one(
    open_page: Callable[..., Page], path: str
) -> None:
    page = open_page(path)
    held: list[Route] = []
    page.route("**/pool", lambda route: held.append(route), times=1)  # noqa: PLW0108  Playwright wants a function
    if path == "/docs":
        place = page.locator("#post-pool")
        button = place.get_by_role("button", name="Try it")
        body = place.get_by_label("Body as JSON")
        body.fill('{"input": [[1, 2], [3, 4]], "kernel_size": 2}')
        with page.expect_request("**/pool"):
            button.click()
        body.fill('{"input": [[1, 2], [3, 8]], "kernel_size": 2}')
        with page.expect_response("**/pool"):
            button.click()
    else:
        place = page.locator(".call")
        place.locator("summary").click()
        with page.expect_request("**/pool"):
            place.get_by_role("button", name="Run").click()
        page.get_by_label("Maximum").press("ArrowRight")
        with page.expect_response("**/pool"):
            place.get_by_role("button", name="Run").click()
    answer = place.locator("pre").last
    expect(answer).to_contain_text("output")
    newer = answer.inner_text()
    with page.expect_response("**/pool"):
        held[0].continue_()
    settle(page)

    assert answer.inner_text() == newer
    assert re.search(r"\b8\b" if path == "/docs" else r"6\.25", newer)
