"""A word for whatever goes wrong, nothing stale beside it, and it goes on by itself."""

import contextlib
import io
import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

Drop = Callable[..., None]

BACK_MS = 15_000
"""Within which the page asks again."""


class Service:
    """A service that can be stopped, and started again at the same address."""

    def __init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "service"],
            env={**os.environ, "LENET_PORT": str(self.port), "LENET_DEVICE": "cpu", "LENET_THREADS": "1"},
            cwd=Path(__file__).parents[2],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self.process.stdout
        for line in self.process.stdout:
            if "running on" in line:
                break
        self.reader = threading.Thread(target=self.process.stdout.read)
        self.reader.start()

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()
        self.reader.join()
        if self.process.stdout:
            self.process.stdout.close()

    @contextlib.contextmanager
    def stopped(self) -> Iterator[None]:
        self.stop()
        try:
            yield
        finally:
            self.start()


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    service = Service()
    yield service
    service.stop()


@pytest.fixture(scope="module")
def lab(service: Service) -> str:
    """The address of a service that tests may stop."""
    return f"http://127.0.0.1:{service.port}"


def test_an_answer_goes_with_the_service_and_comes_back_with_it(
    open_page: Callable[..., Page], service: Service
) -> None:
    page = open_page("/#digit?pin=3,2,5,5", refused="net::ERR")
    page.get_by_role("button", name="Draw a 3").click()
    expect(page.locator(".inspector")).to_be_visible()
    maps = page.locator("[data-layer=conv2d_2] canvas")
    shown = maps.evaluate("canvas => canvas.toDataURL()")
    with service.stopped():
        page.get_by_role("button", name="Draw a 7").click()
        expect(page.get_by_role("alert").first).to_contain_text("The service does not answer")
        expect(page.locator(".said")).to_have_text("No answer")
        expect(page.locator(".numeral")).to_have_text("–")
        expect(page.locator(".inspector")).to_be_hidden()
        assert maps.evaluate("canvas => canvas.toDataURL()") != shown

    expect(page.locator(".numeral")).to_have_text("7", timeout=BACK_MS)
    expect(page.locator(".inspector")).to_be_visible()
    expect(page.locator(".notice:visible")).to_have_count(0)


def test_views_that_open_without_the_service_fill_when_it_is_back(
    open_page: Callable[..., Page], service: Service
) -> None:
    pages = {}
    for view in ("convolution", "pictures", "cost", "training"):
        page = open_page("/#signals", refused="net::ERR")
        page.wait_for_load_state("networkidle")
        pages[view] = page
    with service.stopped():
        for view, page in pages.items():
            page.get_by_role("link", name=view.capitalize()).click()
            expect(page.get_by_role("alert")).to_contain_text("The service does not answer")

    for view, found in {
        "convolution": ".stage",
        "pictures": ".result-maps canvas",
        "cost": ".totals",
        "training": ".training",
    }.items():
        expect(pages[view].locator(found).first, view).to_be_visible(timeout=BACK_MS)
        expect(pages[view].locator(".notice.is-fault:visible"), view).to_have_count(0)


def test_figures_and_pictures_go_with_the_service_and_come_back(
    open_page: Callable[..., Page], service: Service
) -> None:
    cost, pictures = [open_page(f"/#{view}", refused="net::ERR") for view in ("cost", "pictures")]
    expect(cost.locator(".totals")).to_be_visible()
    expect(pictures.locator(".result-maps canvas")).to_be_visible()
    with service.stopped():
        cost.get_by_role("spinbutton", name="Batch").fill("2")
        pictures.get_by_role("combobox", name="Kernel").select_option("sobel_y")
        for page in (cost, pictures):
            expect(page.get_by_role("alert").first).to_contain_text("The service does not answer")
        expect(cost.locator(".totals")).to_have_count(0)
        expect(pictures.locator(".result-maps canvas, .legend")).to_have_count(0)

    expect(cost.locator(".totals")).to_be_visible(timeout=BACK_MS)
    expect(pictures.locator(".result-maps canvas")).to_be_visible(timeout=BACK_MS)


@pytest.mark.parametrize(
    ("answer", "english", "portuguese"),
    [
        (
            {"json": {"type": "/problems/internal-error", "title": "xyzzy", "detail": "the log has it"}},
            "the log has it. ",
            "O serviço cometeu um erro. ",
        ),
        ({"json": {"title": "It is so."}}, "It is so. ", "O serviço cometeu um erro. "),
        ({"body": "<h1>Bad gateway"}, "The service answers with an error. ", "O serviço cometeu um erro. "),
    ],
)
@pytest.mark.parametrize("view", ["digit", "training"])
def test_a_service_that_fails_is_told_of_in_whole_sentences_of_one_language(
    open_page: Callable[..., Page], view: str, answer: dict[str, Any], english: str, portuguese: str
) -> None:
    page = open_page("/problems/not-found", refused="500")
    page.route("**/models", lambda route: route.fulfill(status=500, **answer))
    page.goto(page.url.replace("/problems/not-found", f"/#{view}?lang=en"))
    told = page.get_by_role("alert").filter(visible=True).first
    expect(told).to_have_text(f"{english}This page tries again by itself.")
    page.get_by_role("button", name="Português").click()

    expect(told).to_have_text(f"{portuguese}Esta página tenta de novo sozinha.")


def test_networks_that_cannot_be_listed_are_told_of_and_asked_for_again(
    open_page: Callable[..., Page],
) -> None:
    page = open_page("/problems/not-found", refused="500")
    page.route("**/models", lambda route: route.fulfill(status=500, json={"title": "xyzzy"}))
    page.goto(page.url.replace("/problems/not-found", "/#digit"))
    expect(page.get_by_role("alert").first).to_contain_text("xyzzy")
    page.unroute("**/models")

    expect(page.locator(".network").first.locator(".layer")).to_have_count(9, timeout=BACK_MS)
    expect(page.locator(".notice:visible")).to_have_count(0)


SVG = b"""<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><path d="M0 0h9v9z"/></svg>"""
REFUSED = [("notes.txt", "text/plain", b"no picture at all"), ("triangle.svg", "image/svg+xml", SVG)]


@pytest.mark.parametrize(("name", "kind", "content"), REFUSED)
@pytest.mark.parametrize("view", ["digit", "pictures"])
def test_a_file_that_is_not_taken_is_refused_with_what_is_however_it_comes(
    open_page: Callable[..., Page], drop: Drop, view: str, name: str, kind: str, content: bytes
) -> None:
    page = open_page(f"/#{view}")
    for is_dropped in (False, True):
        page.reload()
        page.wait_for_load_state("networkidle")
        if is_dropped:
            drop(page, content, name, kind)
        else:
            page.locator("input[type=file]").set_input_files(
                {"name": name, "mimeType": kind, "buffer": content}
            )

        expect(page.get_by_role("alert").filter(visible=True)).to_have_text(
            "This page could not read that file as a picture. It takes PNG, JPEG, WebP, GIF and BMP."
        )


@pytest.mark.parametrize("kind", ["png", "jpg", "webp", "gif", "bmp"])
def test_what_the_refusal_names_is_taken(
    open_page: Callable[..., Page], drop: Drop, seven: bytes, kind: str
) -> None:
    page = open_page()
    page.wait_for_load_state("networkidle")
    picture = Image.open(io.BytesIO(seven)).convert("RGB")
    file = io.BytesIO()
    picture.save(file, {"jpg": "jpeg"}.get(kind, kind))
    drop(page, file.getvalue(), f"seven.{kind}", "")

    expect(page.locator(".numeral")).to_have_text("7")
    expect(page.locator(".notice:visible")).to_have_count(0)


def test_no_drawing_stands_beside_the_refusal_of_a_file_and_it_can_be_brought_back(
    open_page: Callable[..., Page],
) -> None:
    page = open_page("/#digit?pin=3,2,5,5")
    paper = page.locator(".pad canvas")
    maps = page.locator("[data-layer=conv2d_2] canvas")
    empty = [one.evaluate("canvas => canvas.toDataURL()") for one in (paper, maps)]
    page.get_by_role("button", name="Draw a 3").click()
    expect(page.locator(".inspector")).to_be_visible()
    upload_a_text(page)
    expect(page.locator(".notice.is-fault:visible")).to_have_count(1)
    expect(page.locator(".said")).to_have_text("Draw something")
    expect(page.locator(".inspector")).to_be_hidden()
    expect(page.locator(".steps li")).to_have_count(0)
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert [one.evaluate("canvas => canvas.toDataURL()") for one in (paper, maps)] == empty
    page.get_by_role("button", name="Undo").click()

    expect(page.locator(".numeral")).to_have_text("3")
    expect(page.locator(".notice:visible")).to_have_count(0)


@pytest.mark.parametrize("source", ["Sample", "Picture…"])
def test_no_other_picture_stands_beside_the_refusal_of_a_file(
    open_page: Callable[..., Page], seven: bytes, source: str
) -> None:
    page = open_page("/#pictures")
    expect(page.locator(".result-maps canvas")).to_be_visible()
    if source != "Sample":
        page.locator("input[type=file]").set_input_files(
            {"name": "seven.jpg", "mimeType": "image/jpeg", "buffer": seven}
        )
        expect(page.get_by_role("radio", name=source)).to_be_checked()
    upload_a_text(page)
    expect(page.locator(".notice.is-fault:visible")).to_have_count(1)
    expect(page.locator("main :is(canvas, figcaption b):visible")).to_have_count(0)
    expect(page.get_by_role("radio", name="Picture…")).to_be_checked()
    page.get_by_text("Sample", exact=True).click()

    expect(page.locator(".result-maps canvas")).to_be_visible()
    expect(page.locator("canvas.picture")).to_be_visible()
    expect(page.locator(".notice:visible")).to_have_count(0)


def upload_a_text(page: Page) -> None:
    name, kind, content = REFUSED[0]
    page.locator("input[type=file]").set_input_files({"name": name, "mimeType": kind, "buffer": content})


def test_a_file_that_is_dropped_beside_a_view_does_not_replace_the_page(
    open_page: Callable[..., Page],
) -> None:
    page = open_page("/#convolution")
    expect(page.locator(".stage")).to_be_visible()

    assert page.evaluate(
        """() => !document.body.dispatchEvent(new DragEvent('drop', {bubbles: true, cancelable: true}))"""
    )


def test_a_refused_picture_leaves_no_answer_beside_the_words(
    open_page: Callable[..., Page], seven: bytes
) -> None:
    page = open_page(refused="415")
    page.get_by_role("button", name="Draw a 3").click()
    expect(page.locator(".numeral")).to_have_text("3")
    page.route(
        "**/predict*", lambda route: route.fulfill(status=415, json={"detail": "xyzzy", "status": 415})
    )
    page.locator("input[type=file]").set_input_files(
        {"name": "seven.jpg", "mimeType": "image/jpeg", "buffer": seven}
    )

    expect(page.get_by_role("alert").first).to_contain_text("xyzzy")
    expect(page.locator(".numeral")).to_have_text("–")
    expect(page.locator(".steps li")).to_have_count(0)


@pytest.mark.parametrize("view", ["digit", "pictures"])
def test_a_photo_over_the_limits_is_made_smaller(
    open_page: Callable[..., Page], seven: bytes, view: str
) -> None:
    page = open_page(f"/#{view}")
    page.wait_for_load_state("networkidle")
    photo = cv2.imdecode(np.frombuffer(seven, np.uint8), cv2.IMREAD_COLOR)
    large = cv2.imencode(".jpg", cv2.resize(photo, (4400, 4400)), [cv2.IMWRITE_JPEG_QUALITY, 80])[1].tobytes()
    page.locator("input[type=file]").set_input_files(
        {"name": "large.jpg", "mimeType": "image/jpeg", "buffer": large}
    )

    if view == "digit":
        expect(page.locator(".numeral")).to_have_text("7", timeout=BACK_MS)
    else:
        expect(page.get_by_role("radio", name="Picture…")).to_be_checked(timeout=BACK_MS)
    expect(page.locator(".notice:visible")).to_have_count(0)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("1, 2, x", "Write numbers with commas between them: 1, 0.5, −2"),
        ("1,, 2", "Write numbers with commas between them: 1, 0.5, −2"),
        ("", "Write numbers with commas between them: 1, 0.5, −2"),
        (", ".join("1" * 17), "At most 16 numbers: here are 17"),
        ("1, -2e6", "Each number lies between −1,000,000 and 1,000,000"),
    ],
)
def test_a_signal_that_is_none_is_told_in_words_and_nothing_stands_beside_them(
    open_page: Callable[..., Page], typed: str, told: str
) -> None:
    page = open_page("/#signals?h=1,2")
    page.locator(".call summary").click()
    field = page.get_by_label("System h")
    field.fill(typed)
    expect(page.get_by_role("alert").filter(has_text=told)).to_be_visible()
    expect(field).to_have_attribute("aria-invalid", "true")
    for part in (".plots", ".written", ".player .count", ".call pre"):
        expect(page.locator(part).first, part).to_be_hidden()
    field.blur()

    expect(field).to_have_value("1, 2")
    expect(page.locator(".refusal:visible, [aria-invalid=true]")).to_have_count(0)
    for part in (".plots", ".written", ".player .count", ".call pre"):
        expect(page.locator(part).first, part).to_be_visible()


def test_a_comma_behind_the_last_number_of_a_signal_is_no_fault(open_page: Callable[..., Page]) -> None:
    page = open_page("/#signals")
    page.get_by_label("System h").fill("1, 2, ")

    expect(page.get_by_role("alert").filter(has_text=re.compile("."))).to_have_count(0)
    expect(page.locator(".player .count")).to_have_text("1 / 9")


def test_the_words_of_a_wrong_signal_are_portuguese(open_page: Callable[..., Page]) -> None:
    page = open_page("/#signals?lang=pt")
    field = page.get_by_label("Sistema h")
    field.fill("1, 2, 3")
    expect(page.get_by_text("Escreva números separados por ponto e vírgula: 1; 0,5; −2")).to_be_visible()
    field.fill("; ".join("1" * 17))

    expect(page.get_by_text("No máximo 16 números: aqui estão 17")).to_be_visible()


@pytest.mark.parametrize("view", ["convolution", "pooling", "pictures"])
def test_a_wrong_number_in_a_grid_is_marked_and_let_go_of(open_page: Callable[..., Page], view: str) -> None:
    page = open_page(f"/#{view}")
    grid = page.get_by_role("group", name="Kernel" if view == "pictures" else "Input", exact=True)
    cell = grid.get_by_label("row 0, column 0")
    before = cell.input_value()
    cell.fill("x")
    expect(cell).to_have_attribute("aria-invalid", "true")
    cell.blur()

    expect(cell).to_have_value(before)
    expect(page.locator("[aria-invalid=true]")).to_have_count(0)
