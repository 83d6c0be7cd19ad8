"""Any ASGI server may call the application, also below a path of its choice."""

import json

import pytest
from httpx2 import Client
from starlette.testclient import TestClient

from service.app import create_app
from service.settings import Settings


@pytest.fixture(scope="module")
def mounted(settings: Settings) -> Client:
    """The application as Ray Serve calls it with a route prefix."""
    return TestClient(create_app(settings), root_path="/digits")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/digits/health/live", 200),
        ("/digits/models/lenet5", 200),
        ("/digits/web/lab.js", 200),
        ("/digits/v2/models/lenet5", 200),
        ("/digits/", 200),
        ("/digits", 200),
        # Some servers leave it out.
        ("/health/live", 200),
        ("/digitsx/health/live", 404),
        ("/digits/digits/health/live", 404),
        ("/digits/nothing", 404),
    ],
)
def test_a_mounted_application_is_found_below_its_path(path: str, status: int, mounted: Client) -> None:
    assert mounted.get(path).status_code == status


def test_errors_below_a_path_have_the_form_of_what_is_there(mounted: Client) -> None:
    assert json.loads(mounted.get("/digits/v2/models/xyzzy").content).keys() == {"error"}
    assert mounted.get("/digits/models/xyzzy").headers["content-type"] == "application/problem+json"
