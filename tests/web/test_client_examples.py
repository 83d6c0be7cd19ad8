"""Each page of docs/clients.md is opened in a browser, from another origin, and reads the seven."""

import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

PAGE = (Path(__file__).parents[2] / "docs" / "clients.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```html\n(.*?)```", PAGE, re.DOTALL)
PATIENCE_MS = 15_000


class Site(ThreadingHTTPServer):
    """A site of one page, of another origin than the service."""

    page = b""
    daemon_threads = True

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Site)
        page = b"<!doctype html><link rel=icon href=data:,>" + self.server.page
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  http.server's
        del format, args


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with Site(("127.0.0.1", 0), _Handler) as site:
        thread = threading.Thread(target=site.serve_forever)
        thread.start()
        yield site
        site.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def address(site: Site, serve: Callable[..., str]) -> str:
    """A service that the site's pages may ask."""
    return serve(LENET_CORS_ORIGINS=site.origin)


@pytest.mark.parametrize("example", EXAMPLES, ids=["file", "canvas"])
def test_each_example_for_a_browser_shows_the_digit(
    example: str, site: Site, address: str, browser: Browser, seven: bytes
) -> None:
    site.page = example.replace("localhost:8000", address.removeprefix("http://")).encode()
    page = browser.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(site.origin)
    if page.locator("input[type=file]").count():
        picture = {"name": "seven.jpg", "mimeType": "image/jpeg", "buffer": seven}
        page.locator("input[type=file]").set_input_files(picture)

    expect(page.locator("output")).to_have_text("7", timeout=PATIENCE_MS)
    assert faults == []
    page.close()
