"""``/v2/repository``: which models there are, and, where it is switched on, loading and unloading them."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from service import logs
from service.codecs import json
from service.described import Described
from service.engine.worker_pool import WorkerPool
from service.errors import Fault, InvalidInputError, ModelError, TooLargeError, UnknownNameError
from service.http import responses
from service.http.endpoints import Call, Endpoint
from service.repository.repository import LATEST, Repository
from service.server.messages import Response
from service.settings import Limits, Settings
from service.v2 import documents, outputs

MOST_BYTES = 65_536
"""Of a request: names and parameters; more would keep others waiting while it is parsed."""

TAGS = ["open inference protocol"]


class IndexQuestion(Described):
    """Which models are asked for."""

    model_config = ConfigDict(extra="ignore", strict=True)

    ready: bool = False
    """Only those that answer."""


class Change(Described):
    """How to load or unload."""

    model_config = ConfigDict(extra="ignore", strict=True)

    parameters: dict[str, Any] | None = None
    """To load: ``version`` pins one, ``latest`` the newest at any time. ``config`` and ``file:`` are refused:
    models come from the repository's folder alone."""


class IndexedModel(BaseModel):
    """One version of a model."""

    name: str
    version: str
    state: str
    reason: str


class Changes:
    """Loads and unloads models for clients, where that is switched on."""

    def __init__(
        self, repository: Repository, pool: WorkerPool, settings: Settings, *, on_change: Callable[[], None]
    ) -> None:
        """
        Take what is changed.

        Args:
            repository: The models.
            pool: They are loaded on its thread.
            settings: Whether clients may load and unload.
            on_change: Called when one did.
        """
        self._repository = repository
        self._pool = pool
        self._settings = settings
        self._on_change = on_change
        self._log = logs.get("repository")

    def require(self) -> None:
        """
        See that clients may load and unload.

        Raises:
            UnknownNameError: They may not.
        """
        if self._settings.repository_api == "off":
            message = "models are not loaded and unloaded by requests here; LENET_REPOSITORY_API=on allows it"
            raise UnknownNameError(message)

    async def load(self, name: str, parameters: Mapping[str, Any]) -> None:
        """
        Serve the versions of a model that are on disk now, or pin one.

        Args:
            name: Of the model.
            parameters: Those of ``Change``.

        Raises:
            UnknownNameError: No such model or version is on disk, or clients may not load.
            InvalidInputError: A parameter that is not taken, or a version that cannot be served.
        """
        await self._make(lambda: _load(self._repository, name, parameters), parameters)

    async def unload(self, name: str, parameters: Mapping[str, Any]) -> None:
        """
        Serve nothing of a model until it is loaded.

        Raises:
            UnknownNameError: No such model is served, or clients may not unload.
            InvalidInputError: A parameter that is not taken.
        """
        await self._make(lambda: self._repository.unload(name), parameters)

    async def _make(self, change: Callable[[], None], parameters: Mapping[str, Any]) -> None:
        self.require()
        if any(parameter.startswith(("config", "file:")) for parameter in parameters):
            message = "models come from the repository's folder alone, with the settings of this service"
            raise InvalidInputError(message, Fault("#/parameters", "config and file: are not taken"))
        try:
            await self._pool.run(change)
        except ModelError as error:
            self._log.warning("a model was not loaded", extra={logs.FACTS: {"reason": str(error)}})
            message = f"it cannot be served, and nothing has changed: {error}"
            raise InvalidInputError(message) from None
        self._on_change()


def endpoints(repository: Repository, changes: Changes, limits: Limits) -> list[Endpoint]:
    """Make the endpoints of the repository."""

    def index(call: Call) -> Response:
        asked = _document(call, IndexQuestion, limits)
        return responses.json(listed(repository, only_ready=asked.ready))

    async def load(call: Call) -> Response:
        return await changed(call, changes.load)

    async def unload(call: Call) -> Response:
        return await changed(call, changes.unload)

    async def changed(call: Call, change: Callable[[str, Mapping[str, Any]], Awaitable[None]]) -> Response:
        # Before the body is looked at.
        changes.require()
        asked = _document(call, Change, limits)
        await change(call.path_params["name"], asked.parameters or {})
        return responses.json({})

    return [
        Endpoint("/v2/repository/index", index, _of_index, needs_body=False, unpacks=True),
        Endpoint("/v2/repository/models/{name}/load", load, _of_load, needs_body=False, unpacks=True),
        Endpoint(
            "/v2/repository/models/{name}/unload",
            unload,
            _of_unload,
            needs_body=False,
            unpacks=True,
        ),
    ]


def listed(repository: Repository, *, only_ready: bool) -> list[dict[str, str]]:
    """List versions as ``IndexedModel`` has them: those that may be asked, and perhaps the others."""
    found = [(*key, "READY", "") for key in outputs.served(repository)]
    if not only_ready:
        found += [(*key, "LOADING", "") for key in repository.untried()]
        found += [(*key, "UNAVAILABLE", refusal.reason) for key, refusal in repository.refused().items()]
        found += [(*key, "UNAVAILABLE", "unloaded") for key in outputs.unloaded(repository)]
    return [dict(zip(IndexedModel.model_fields, one, strict=True)) for one in found]


def _load(repository: Repository, name: str, parameters: Mapping[str, Any]) -> None:
    version = parameters.get("version")
    if version is None:
        repository.load(name)
    elif isinstance(version, str):
        repository.pin(name, version)
    else:
        pointer = "#/parameters/version"
        raise documents.refusal(pointer, f'expected a version as text, such as "2", or "{LATEST}"')


def _document(call: Call, kind: type[json.Document], limits: Limits) -> json.Document:
    # Triton's client asks for the index without a body, and never says what one is.
    if not call.body:
        return json.validated({}, kind)
    if len(call.body) > MOST_BYTES:
        message = f"a request of the repository has at most {MOST_BYTES} bytes"
        raise TooLargeError(message)
    depth, values = limits.max_json_depth, limits.max_json_values
    return json.validated(json.parse(call.body, max_depth=depth, max_values=values), kind)


def _described(kind: type[BaseModel], example: str, value: dict[str, Any]) -> dict[str, Any]:
    return {**json.documented(kind, {example: value}), "required": False}


def _of_index() -> dict[str, Any]:
    return {
        "tags": TAGS,
        "name": "index",
        "response_model": list[IndexedModel],
        "responses": documents.errors(400, 413, 415),
        "summary": "The versions of every model",
        "description": (
            "What the repository holds: which versions are served, and which were refused and why."
        ),
        "openapi_extra": {"requestBody": _described(IndexQuestion, "All of them", {})},
    }


def _of_load() -> dict[str, Any]:
    return {
        "tags": TAGS,
        "name": "load",
        "responses": documents.errors(400, 404, 413, 415),
        "description": "For deployments that decide themselves when a new version goes into service.",
        "summary": "Serve the versions of a model that are on disk now, or pin one (LENET_REPOSITORY_API=on)",
        "openapi_extra": {
            "requestBody": _described(Change, "Pin a version", {"parameters": {"version": "1"}}),
        },
    }


def _of_unload() -> dict[str, Any]:
    return {
        "tags": TAGS,
        "name": "unload",
        "responses": documents.errors(400, 404, 413, 415),
        "description": (
            "Its folder stays as it is, and `load` brings it back. With a model its layers go; alone they are"
            " the model `<name>-layers`."
        ),
        "summary": "Serve nothing of a model until it is loaded (LENET_REPOSITORY_API=on)",
        "openapi_extra": {"requestBody": _described(Change, "Unload", {"parameters": {}})},
    }
