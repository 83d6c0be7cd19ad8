"""The lab in a real browser; a test fails on any error, refusal of the policy, or request to another host."""

import base64
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
expect.set_options(timeout=15_000)
NAMES = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
)
"""The first has no windows, tabs and menus about the page: it opens one in a third of the time."""
LAPTOP, PHONE, PROJECTOR = (1280, 720), (390, 844), (1920, 1080)

DROP = """({content, name, type}) => {
    const data = new DataTransfer();
    data.items.add(new File([Uint8Array.from(atob(content), one => one.charCodeAt(0))], name, {type}));
    document.querySelector('main').dispatchEvent(
        new DragEvent('drop', {dataTransfer: data, bubbles: true, cancelable: true}));
}"""


@pytest.fixture(scope="session")
def lab() -> Iterator[str]:
    """The address of a service that runs as a process of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "service"],
        env={"LENET_PORT": str(port), "LENET_DEVICE": "cpu", "LENET_THREADS": "1"},
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout
    # The server says when it listens: no need to ask again and again.
    for line in process.stdout:
        if "running on" in line:
            break
    # It writes a line for each request: unread, they would fill the pipe and stop it.
    threading.Thread(target=process.stdout.read, daemon=True).start()
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.communicate()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A Chromium of this machine, or Playwright's own."""
    installed = next((path for name in NAMES if (path := shutil.which(name))), None)
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
        if installed is None and not Path(own).is_file():
            pytest.skip("no browser: install Chromium or Chrome, or run `playwright install chromium`")
        browser = playwright.chromium.launch(executable_path=installed or own, args=FLAGS)
        yield browser
        browser.close()


@dataclass
class Watched:
    """A page, and everything that went wrong in it."""

    page: Page
    faults: list[str]


@pytest.fixture
def open_page(browser: Browser, lab: str) -> Iterator[Callable[..., Page]]:
    """Open a path of the service in a window of its own; what went wrong in it fails the test."""
    opened: list[Watched] = []

    def open_page(
        path: str = "/",
        size: tuple[int, int] = LAPTOP,
        *,
        refused: str = "none",
        **options: Any,  # noqa: ANN401  Playwright's
    ) -> Page:
        width, height = size
        options = {"locale": "en-GB", "color_scheme": "light", "reduced_motion": "reduce", **options}
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        watched = Watched(context.new_page(), [])
        watch(watched, lab, refused)
        opened.append(watched)
        watched.page.goto(lab + path)
        watched.page.locator("main .view > *, main.view > *").first.wait_for(state="attached")
        return watched.page

    yield open_page
    for watched in opened:
        watched.page.context.close()

    assert [fault for watched in opened for fault in watched.faults] == []


def watch(watched: Watched, lab: str, refused: str) -> None:
    """Write down errors, refusals of the policy, requests to another origin; not a status that is meant."""
    page, faults = watched.page, watched.faults
    meant = [f"responded with a status of {refused}", f"Failed to load resource: {refused}"]
    page.set_default_timeout(15_000)
    page.on(
        "console",
        lambda said: (
            not any(one in said.text for one in meant)
            and said.type in {"error", "warning"}
            and faults.append(said.text)
        ),
    )
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on(
        "request",
        lambda request: (
            request.url.startswith((lab + "/", "data:", "blob:")) or faults.append(f"asked {request.url}")
        ),
    )


@pytest.fixture
def shown() -> Callable[[Page, str], list[list[str]]]:
    """Read a grid of numbers, by its caption."""

    def shown(page: Page, caption: str) -> list[list[str]]:
        grid = page.get_by_role("group", name=caption, exact=True).first
        columns = int(grid.evaluate("grid => getComputedStyle(grid).gridTemplateColumns.split(' ').length"))
        cells = grid.locator(".cell").evaluate_all(
            "cells => cells.map(cell => cell.matches('input') ? cell.value : cell.textContent)"
        )
        texts = [text.replace("−", "-") for text in cells]
        return [texts[at : at + columns] for at in range(0, len(texts), columns)]

    return shown


@pytest.fixture(scope="session")
def drop() -> Callable[..., None]:
    """Drop a file on the view."""

    def drop(page: Page, content: bytes, name: str = "picture.png", kind: str = "image/png") -> None:
        # A list of numbers would take half a minute for a large picture.
        page.evaluate(DROP, {"content": base64.b64encode(content).decode(), "name": name, "type": kind})

    return drop


@pytest.fixture(scope="session")
def seven() -> bytes:
    """A photo of a seven."""
    return (Path(__file__).parents[2] / "docs" / "seven.jpg").read_bytes()
