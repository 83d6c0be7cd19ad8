"""Behind a real proxy that offers the service below a path and takes it off."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Browser, expect

ROOT = Path(__file__).parents[2]
PAGES = ("", "docs", "problems/not-found")

CONFIGURATION = """
daemon off; pid {folder}/pid; error_log stderr; worker_processes 1;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder};
  server {{
    listen 127.0.0.1:{port};
    location /digits/ {{
      proxy_pass http://127.0.0.1:{service}/;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }}
  }}
}}
"""


class References(HTMLParser):
    """What a page refers to."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del tag
        self.found += [value for name, value in attrs if name in {"href", "src"} and value]


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def offered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address below which nginx offers a service."""
    nginx = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if nginx is None:
        pytest.skip("no nginx on this machine")
    folder, port, service = tmp_path_factory.mktemp("nginx"), free_port(), free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LENET_")}
    settings = {
        "LENET_PORT": str(service),
        "LENET_ROOT_PATH": "/digits",
        "LENET_TRUSTED_PROXIES": "127.0.0.1",
        "LENET_DEVICE": "cpu",
        "LENET_LOG_LEVEL": "warning",
    }
    (folder / "nginx.conf").write_text(CONFIGURATION.format(folder=folder, port=port, service=service))
    processes = [
        subprocess.Popen([sys.executable, "-m", "service"], cwd=ROOT, env=environment | settings),
        subprocess.Popen([nginx, "-e", "stderr", "-p", folder, "-c", folder / "nginx.conf"]),
    ]
    address = f"http://127.0.0.1:{port}/digits/"
    try:
        wait_for(address + "health/ready")
        yield address
    finally:
        for process in processes:
            process.terminate()
            process.wait(timeout=30)


def wait_for(address: str) -> None:
    for _ in range(300):
        try:
            urllib.request.urlopen(address, timeout=5).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"{address} does not answer")


@pytest.mark.parametrize("language", ["en", "pt"])
@pytest.mark.parametrize("page", PAGES)
def test_whatever_a_page_refers_to_is_there(offered: str, page: str, language: str) -> None:
    request = urllib.request.Request(offered + page, headers={"Accept-Language": language})
    content = urllib.request.urlopen(request).read().decode()
    references = {urljoin(offered + page, reference) for reference in References(content).found}

    assert len(references) > 5
    for reference in references:
        assert reference.startswith(offered)
        assert urllib.request.urlopen(reference).status == 200


def test_problems_and_the_document_name_addresses_that_are_there(offered: str) -> None:
    with pytest.raises(HTTPError) as refused:
        urllib.request.urlopen(offered + "nothing")
    problem = json.load(refused.value)
    assert urllib.request.urlopen(urljoin(offered, problem["type"])).status == 200

    (server,) = json.load(urllib.request.urlopen(offered + "openapi.json"))["servers"]
    assert urllib.request.urlopen(urljoin(offered, server["url"]) + "/models").status == 200


@pytest.mark.parametrize("view", ["#digit", "#convolution", "#pooling", "#network"])
def test_the_lab_asks_below_the_path_and_nothing_goes_wrong(
    browser: Browser, offered: str, view: str
) -> None:
    context = browser.new_context()
    page, faults, asked = context.new_page(), [], []
    page.on("console", lambda said: said.type in {"error", "warning"} and faults.append(said.text))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(offered + view)
    page.locator("main .view > *").first.wait_for(state="attached")
    page.wait_for_load_state("networkidle")

    assert faults == []
    assert [url for url in asked if not url.startswith((offered, "data:", "blob:"))] == []
    context.close()


def test_an_endpoint_is_tried_on_the_page_of_the_api(browser: Browser, offered: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(offered + "docs#get-kernels")
    endpoint = page.locator("#get-kernels")
    endpoint.get_by_role("button", name="Try it").click()

    expect(endpoint.get_by_role("status")).to_contain_text(re.compile("sobel_x"))
    context.close()
