"""``GET /``: the lab, a page for the API, and one for each kind of problem; all of it from the package."""

import asyncio
import hashlib
import html
import json
import string
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response as StarletteResponse

from service.errors import PreconditionError, UnknownNameError
from service.http import responses
from service.http.asgi import as_starlette
from service.http.endpoints import access

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Content-Security-Policy of a page: its own files and this service; nothing inline, no other host."""

_MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
"""By suffix. Not ``mimetypes``: it asks the system, and a Windows registry may call a script text/plain."""


@dataclass(frozen=True)
class Page:
    """A file as it is sent."""

    content: bytes
    media_type: str
    tag: str
    """Changes with the content."""

    @classmethod
    def of(cls, content: bytes, suffix: str) -> "Page":
        """Describe the content of a file with a suffix."""
        return cls(content, _MEDIA_TYPES[suffix], f'"{hashlib.sha256(content).hexdigest()[:20]}"')


def routes(document: Callable[[], dict[str, Any]]) -> APIRouter:
    """
    Make the endpoints; every file is read now, so that a request never names one on the disk.

    Args:
        document: Gives the OpenAPI document, from any thread, and the first time not at once.
    """
    router = APIRouter(include_in_schema=False)
    web = resources.files("service") / "web"
    files = dict(_files(web, ""))
    problems = {language: _problem_pages(web, suffix) for language, suffix in (("en", ""), ("pt", ".pt"))}

    @router.get("/")
    @access("open")
    async def lab(request: Request) -> StarletteResponse:
        return _answer(request, files["index.html"])

    @router.get("/docs")
    @access("open")
    async def documentation(request: Request) -> StarletteResponse:
        return _answer(request, files["docs.html"])

    @router.get("/favicon.ico")
    @access("open")
    async def icon(request: Request) -> StarletteResponse:
        return _answer(request, files["icon.svg"])

    @router.get("/openapi.json")
    @access("open")
    async def openapi() -> StarletteResponse:
        return as_starlette(responses.json(await asyncio.to_thread(document)))

    @router.get("/web/{name:path}")
    @access("open")
    async def file(request: Request, name: str) -> StarletteResponse:
        if name not in files:
            message = "the page has no file of that name"
            raise UnknownNameError(message)
        return _answer(request, files[name])

    @router.get("/problems/{name}")
    @access("open")
    async def problem(request: Request, name: str) -> StarletteResponse:
        language = _language(request)
        if name not in problems[language]:
            message = f"no problem of that name; there are: {', '.join(problems[language])}"
            raise UnknownNameError(message)
        response = _answer(request, problems[language][name])
        response.headers.update({"Content-Language": language, "Vary": "Accept-Language"})
        return response

    return router


def _answer(request: Request, page: Page) -> StarletteResponse:
    headers = {"Cache-Control": "no-cache", "Content-Security-Policy": POLICY, "ETag": page.tag}
    wanted = _tags(request, "if-match")
    if wanted and not wanted & {"*", page.tag}:
        raise PreconditionError
    # They are compared weakly (RFC 9110, section 13.1.2).
    if {tag.removeprefix("W/") for tag in _tags(request, "if-none-match")} & {"*", page.tag}:
        return StarletteResponse(status_code=304, headers=headers)
    return StarletteResponse(page.content, headers=headers, media_type=page.media_type)


def _language(request: Request) -> str:
    """Give the one of the two languages that a browser names first (RFC 9110, section 12.5.4)."""
    named = [tag.strip()[:2].lower() for tag in request.headers.get("accept-language", "").split(",")]
    return next((tag for tag in named if tag in {"en", "pt"}), "en")


def _tags(request: Request, name: str) -> set[str]:
    """Give the entity tags of a header, perhaps over several lines (RFC 9110, section 8.8.3)."""
    return {tag.strip() for line in request.headers.getlist(name) for tag in line.split(",") if tag.strip()}


def _files(folder: Traversable, prefix: str) -> list[tuple[str, Page]]:
    found = []
    for entry in folder.iterdir():
        suffix = "." + entry.name.rpartition(".")[2]
        if entry.is_dir():
            found += _files(entry, f"{prefix}{entry.name}/")
        elif suffix in _MEDIA_TYPES:
            found.append((prefix + entry.name, Page.of(entry.read_bytes(), suffix)))
    return found


def _problem_pages(web: Traversable, suffix: str) -> dict[str, Page]:
    template = string.Template((web / f"problem{suffix}.html").read_text(encoding="utf-8"))
    problems = json.loads((web / f"problems{suffix}.json").read_text(encoding="utf-8"))
    pages = {}
    for name, problem in problems.items():
        told = {key: _marked(str(value)) for key, value in problem.items()}
        others = "".join(
            f'<li><a href="{other}"{" aria-current=page" if other == name else ""}>'
            f"<span>{described['status']}</span> {other}</a></li>"
            for other, described in problems.items()
        )
        content = template.substitute(told, name=name, others=others)
        pages[name] = Page.of(content.encode(), ".html")
    return pages


def _marked(text: str) -> str:
    """Escape a text, and set what stands between backticks as code."""
    parts = html.escape(text).split("`")
    return "".join(f"<code>{part}</code>" if index % 2 else part for index, part in enumerate(parts))
