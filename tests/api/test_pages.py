"""The pages: served from the package under a strict policy, with types and tags that browsers heed."""

import json
import re
from pathlib import Path

import pytest
from httpx2 import Client

ROOT = Path(__file__).parents[2]
WEB = ROOT / "service" / "web"
PROBLEMS = json.loads((WEB / "problems.json").read_text(encoding="utf-8"))
TYPES = {"html": "text/html", "css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}


@pytest.mark.parametrize(
    "path", ["/", "/docs", "/web/lab.js", "/web/icon.svg", "/favicon.ico", "/problems/too-large"]
)
def test_nothing_inline_and_nothing_from_elsewhere_is_allowed(client: Client, path: str) -> None:
    response = client.get(path)

    policy = response.headers["content-security-policy"]
    assert response.status_code == 200
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in policy
    assert "http" not in policy
    assert response.headers["x-content-type-options"] == "nosniff"


def test_each_file_has_its_type_whatever_the_system_thinks(client: Client) -> None:
    for file in WEB.rglob("*.*"):
        if file.suffix == ".json" or not file.is_file():
            continue
        response = client.get(f"/web/{file.relative_to(WEB).as_posix()}")

        assert response.headers["content-type"].split(";")[0] == TYPES[file.suffix[1:]], file
        assert response.content == file.read_bytes()


def test_a_page_that_is_known_is_not_sent_again(client: Client) -> None:
    first = client.get("/")
    tag = first.headers["etag"]
    for known in (tag, f'"other", W/{tag}', "*"):
        again = client.get("/", headers={"If-None-Match": known})

        assert again.status_code == 304
        assert again.content == b""
        assert again.headers["etag"] == tag
    assert client.get("/", headers={"If-None-Match": '"other"'}).status_code == 200
    assert first.headers["cache-control"] == "no-cache"


def test_head_tells_the_same_without_the_page(client: Client) -> None:
    response = client.head("/")

    assert response.status_code == 200
    assert response.content == b""
    assert int(response.headers["content-length"]) > 500


@pytest.mark.parametrize(
    "name", ["problems.json", "../app.py", "..%2fapp.py", "nothing.js", "", "%2e%2e/settings.py"]
)
def test_no_other_file_can_be_named(client: Client, name: str) -> None:
    response = client.get(f"/web/{name}")

    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"


def test_pages_of_no_problem_are_not_found(client: Client) -> None:
    assert client.get("/problems/nothing").json()["type"] == "/problems/unknown-name"


@pytest.mark.parametrize("name", PROBLEMS)
def test_each_problem_has_a_page_that_explains_it(client: Client, name: str) -> None:
    response = client.get(f"/problems/{name}")

    assert response.status_code == 200
    assert PROBLEMS[name]["title"] in response.text
    assert PROBLEMS[name]["mend"]


def test_each_type_that_an_answer_can_have_is_explained() -> None:
    sources = [*(ROOT / "service" / "http").glob("*.py")]
    named = {
        name
        for source in sources
        for name in re.findall(r'\(\s*\d{3}, "([a-z-]+)", "[A-Z]', source.read_text(encoding="utf-8"))
    }

    assert named
    assert named <= set(PROBLEMS)


def test_the_pages_and_the_document_say_the_same() -> None:
    rows = [
        f"| `/problems/{name}` | {one['status']} | {one['what']} | {one['mend']} |"
        for name, one in PROBLEMS.items()
    ]
    document = (ROOT / "docs" / "problems.md").read_text(encoding="utf-8")

    assert [line for line in document.splitlines() if line.startswith("| `/problems/")] == rows
