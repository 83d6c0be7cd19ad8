"""Pages of other sites: a browser lets those read the answers whose origins are named, and no others."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from httpx2 import Client
from pydantic import ValidationError

from service.app import create_app
from service.settings import Settings

SITE = "https://class.example"


@pytest.fixture(scope="module")
def opened(served: Callable[..., Any]) -> Iterator[Client]:
    """A service that is open to two sites."""
    settings = Settings(device="cpu", threads=1, cors_origins=f"{SITE},http://localhost:3000")
    with served(create_app(settings)) as client:
        yield client


def test_no_other_site_may_read_unless_it_is_named(client: Client) -> None:
    answer = client.get("/models", headers={"Origin": SITE})

    assert answer.status_code == 200
    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize("site", [SITE, "http://localhost:3000"])
def test_a_named_site_may_read_answers_and_errors(
    site: str, opened: Client, digits: np.ndarray, encode: Callable[..., bytes]
) -> None:
    headers = {"Origin": site, "Content-Type": "image/png"}
    answer = opened.post("/predict", content=encode(digits[7]), headers=headers)
    error = opened.post("/predict", content=b"xyzzy", headers=headers)

    assert answer.json()["predictions"][0]["digit"] == 7
    assert error.status_code == 415
    for one in (answer, error):
        assert one.headers["access-control-allow-origin"] == site
        assert "origin" in one.headers["vary"].lower()
        assert "x-request-id" in one.headers["access-control-expose-headers"].lower()


@pytest.mark.parametrize(
    "site", ["https://evil.example", "http://class.example", f"{SITE}.evil.example", "null"]
)
def test_an_unnamed_site_may_not(site: str, opened: Client) -> None:
    answer = opened.get("/models", headers={"Origin": site})

    assert "access-control-allow-origin" not in answer.headers


def test_a_browser_that_asks_beforehand_is_told(opened: Client) -> None:
    asked = {
        "Origin": SITE,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type, x-api-key",
    }
    answer = opened.options("/convolve", headers=asked)
    refused = opened.options("/convolve", headers={**asked, "Origin": "https://evil.example"})

    assert answer.status_code == 200
    assert [
        value for name, value in answer.headers.multi_items() if name == "access-control-allow-origin"
    ] == [SITE]
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert "x-api-key" in answer.headers["access-control-allow-headers"].lower()
    assert "access-control-allow-origin" not in refused.headers


@pytest.mark.parametrize(
    "origins", ["class.example", "https://a.example/", "*", "https://a.example b", "https://a,"]
)
def test_what_is_no_list_of_origins_stops_the_start(origins: str) -> None:
    with pytest.raises(ValidationError):
        Settings(cors_origins=origins)
