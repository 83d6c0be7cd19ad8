"""Either archive in an environment of its own, used as somebody does who never saw the repository."""

import json
import signal
import urllib.request
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

import pytest
from installation import ROOT, UV, Installation

WEB = ROOT / "service" / "web"
SHOW_PLACES = """
import importlib.util, json
print(json.dumps([importlib.util.find_spec(name).origin for name in ("service", "training", "framing")]))
"""


@pytest.fixture(scope="module")
def address(installed: Installation) -> Iterator[str]:
    """The address of the service that was installed."""
    with installed.serving() as (_, address):
        yield address


def get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=10) as answer:
        content: bytes = answer.read()
        return content


def ask(url: str) -> Any:  # noqa: ANN401  whatever JSON there is
    return json.loads(get(url))


class Addresses(HTMLParser):
    """Collects what a page refers to."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del tag
        self.found |= {value for name, value in attrs if name in {"href", "src"} and value}


def test_nothing_comes_from_the_repository(installed: Installation) -> None:
    places = json.loads(installed.do(installed.command("python"), "-c", SHOW_PLACES))

    assert not installed.environment.is_relative_to(ROOT)
    assert all(place.startswith(f"{installed.environment}/lib/") for place in places)


def test_what_is_pinned_is_all_that_it_asks_for(installed: Installation) -> None:
    installed.do(UV, "pip", "check", "--quiet", "--python", installed.command("python"))


def test_the_command_says_what_it_can_do_and_which_version_it_is(
    installed: Installation, version: str
) -> None:
    assert "lenet5 bench URL" in installed.do(installed.command("lenet5"), "--help")
    assert installed.do(installed.command("lenet5"), "--version") == f"lenet5-service {version}\n"


def test_it_serves_the_networks_that_are_in_the_package(address: str) -> None:
    assert ask(f"{address}/health/ready")["ready"] is True
    served = [(model["name"], model["version"]) for model in ask(f"{address}/models")["models"]]

    packaged = (ROOT / "service" / "models").glob("*/*/card.json")
    assert sorted(served) == sorted((card.parents[1].name, card.parent.name) for card in packaged)


def test_a_photo_of_a_seven_is_a_seven(address: str) -> None:
    photo = (ROOT / "docs" / "seven.jpg").read_bytes()
    request = urllib.request.Request(f"{address}/predict", photo, {"Content-Type": "image/jpeg"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        (prediction,) = json.load(answer)["predictions"]

    assert (prediction["digit"], prediction["is_digit"]) == (7, True)
    assert prediction["confidence"] > 0.9


def test_it_tells_its_version_wherever_it_is_asked(address: str, version: str) -> None:
    assert ask(f"{address}/openapi.json")["info"]["version"] == version
    assert ask(f"{address}/v2")["version"] == version


@pytest.mark.parametrize("page", ["/", "/docs", "/problems/too-large"])
def test_a_page_and_all_that_it_refers_to_are_there(page: str, address: str) -> None:
    addresses = Addresses()
    addresses.feed(get(address + page).decode())

    assert any(found.endswith(".css") for found in addresses.found)
    for found in addresses.found:
        assert get(urljoin(address + page, found))


def test_every_file_of_the_pages_is_in_the_package(address: str) -> None:
    files = [file for file in WEB.rglob("*") if file.suffix in {".html", ".css", ".js", ".svg"}]

    assert len(files) > 20
    for file in files:
        assert get(f"{address}/web/{file.relative_to(WEB).as_posix()}") == file.read_bytes()


def test_its_own_commands_find_the_service(installed: Installation, address: str) -> None:
    lenet5, port = installed.command("lenet5"), address.rpartition(":")[2]
    installed.do(lenet5, "health", LENET_PORT=port)
    measured = installed.do(lenet5, "bench", address, "--warmup", "0", "--duration", "0.5")

    assert "p99" in measured


def test_it_stops_when_it_is_told_to_and_says_that_all_went_well(installed: Installation) -> None:
    with installed.serving() as (process, address):
        get(f"{address}/health/live")
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=20)

        assert (process.returncode, errors) == (0, "")
