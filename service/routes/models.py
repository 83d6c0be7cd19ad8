"""The served models: what they are, how good they are, and the limits of this service."""

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.responses import Response as StarletteResponse

from service.cards.card import (
    Card,
    Evaluation,
    Familiarity,
    FamilyResult,
    Kernels,
    Layer,
    RecogniserCard,
    SeedResult,
    Training,
)
from service.described import Described
from service.digits.network import Network
from service.http import problems, responses
from service.http.asgi import as_starlette
from service.repository.repository import Repository, Served
from service.settings import Limits


class ModelSummary(Described):
    """One model in the list."""

    name: str
    version: str
    role: str
    """``recogniser`` of one that reads digits, ``ink`` of one that finds what is written in a picture."""
    trial: bool
    """It was made to try something, and is not for use."""
    parameters: int
    accuracy: float | None = None
    """On MNIST's test images; of a recogniser only."""
    pinned: str | None
    """The version that it is pinned at; without a pin the newest answers."""


class Refused(BaseModel):
    """What is on disk and cannot be served; with the version "" a model's folder."""

    name: str
    version: str
    reason: str


class ModelList(Described):
    """What is served, and within which limits."""

    default: str | None
    """The model that answers when a request names none; null where every request has to."""
    models: list[ModelSummary]
    refused: list[Refused]
    limits: dict[str, float]


class RefusedVersion(BaseModel):
    """A version on disk that cannot be served."""

    version: str
    reason: str


class ModelDescription(Described):
    """The version of a model that answers where none is named: the pinned, or else the newest."""

    name: str
    version: str
    versions: list[str]
    """Every version that is served, oldest first."""
    network: str | None = None
    """Which kind of network it is, as `python -m training --network` calls it."""
    role: str
    """As in the list of models; classes, layers and what is measured are of a recogniser only."""
    pinned: str | None
    """The version that it is pinned at; it answers, unless it is refused."""
    refused: list[RefusedVersion]
    """Versions on disk that cannot be served, and why."""
    provider: str
    """The execution provider really in use."""
    trial: bool
    """It was made to try something, and is not for use."""
    recipe: str
    """How it was trained."""
    created: str
    classes: list[str] | None = None
    parameters: int
    """Trainable parameters of all layers."""
    input_shape: tuple[int, int, int] | None = None
    """Height, width and channels of the images that it takes."""
    layers: list[Layer] | None = None
    """The lecture's summary: a row a layer."""
    temperature: float | None = None
    """By which the logits were divided so that confidence is calibrated."""
    temperature_interval_95: tuple[float, float] | None = None
    """The bootstrap's, of the validation images."""
    familiarity: Familiarity | None = None
    evaluation: Evaluation | None = None
    robustness: dict[str, FamilyResult] | None = None
    """How pictures are read that were damaged, or drawn otherwise than MNIST's, family by family."""
    kernels: Kernels | None = None
    training: Training | None = None
    seeds: list[SeedResult] | None = None
    """Every training by this recipe, this one among them."""


def routes(repository: Repository, limits: Limits) -> APIRouter:
    """Make the endpoints that describe the models."""
    router = APIRouter(tags=["models"])

    @router.get(
        "/models",
        response_model=ModelList,
        summary="The served models and the limits of a request",
        description=(
            "To choose a `model` for `POST /predict`, to see which versions were refused and why, and to know"
            " how large a request may be."
        ),
    )
    async def models() -> StarletteResponse:
        listed = {
            "default": repository.default,
            "models": [
                _summary(network.card, repository.pinned(network.card.name))
                for network in repository.current()
            ],
            "refused": [
                {"name": name, "version": version, "reason": refusal.reason}
                for (name, version), refusal in repository.refused().items()
            ],
            "limits": limits.model_dump(include=set(Limits.model_fields)),
        }
        return as_starlette(responses.json(listed))

    @router.get(
        "/models/{name}",
        response_model=ModelDescription,
        responses=problems.documented(404),
        description=(
            "To judge a model before trusting it: how often it errs on which pictures, what it was trained"
            " on, and what its layers are."
        ),
        summary="A model: layers, accuracy, robustness, how it was trained, version, provider",
    )
    async def model(name: str) -> StarletteResponse:
        refused = [
            {"version": version, "reason": refusal.reason}
            for (model, version), refusal in repository.refused().items()
            if model == name
        ]
        found = _description(repository.find(name), repository.versions(name))
        return as_starlette(responses.json({**found, "pinned": repository.pinned(name), "refused": refused}))

    return router


def _summary(card: Card, pinned: str | None) -> dict[str, Any]:
    told = card.model_dump(include={"name", "version", "role", "trial", "parameters"}) | {"pinned": pinned}
    return {**told, "accuracy": card.evaluation.test.accuracy} if isinstance(card, RecogniserCard) else told


def _description(network: Served, versions: list[str]) -> dict[str, Any]:
    card = network.card.model_dump(exclude={"files", "layers"})
    if isinstance(network, Network):
        card["input_shape"] = (*network.size, 1)
        card["layers"] = [layer.model_dump() for layer in network.layers.select()]
    return {**card, "versions": versions, "provider": network.provider}
