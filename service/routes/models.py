"""The served models: what they are, how good they are, and the limits of this service."""

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict
from starlette.responses import Response as StarletteResponse

from service.digits.card import Card, Evaluation, Layer
from service.digits.network import Network
from service.digits.repository import Repository
from service.http import problems, responses
from service.http.asgi import as_starlette
from service.settings import Limits


class ModelSummary(BaseModel):
    """One model in the list."""

    name: str
    version: str
    parameters: int
    accuracy: float


class ModelList(BaseModel):
    """What is served, and within which limits."""

    models: list[ModelSummary]
    limits: dict[str, float]


class RefusedVersion(BaseModel):
    """A version on disk that cannot be served."""

    version: str
    reason: str


class ModelDescription(BaseModel):
    """The newest version of a model."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    name: str
    version: str
    versions: list[str]
    """Every version that is served, oldest first."""
    refused: list[RefusedVersion]
    """Versions on disk that cannot be served, and why."""
    provider: str
    """The execution provider really in use."""
    recipe: str
    """How it was trained."""
    created: str
    classes: list[str]
    parameters: int
    """Trainable parameters of all layers."""
    layers: list[Layer]
    """The lecture's summary: a row a layer."""
    temperature: float
    """By which the logits were divided so that confidence is calibrated."""
    evaluation: Evaluation


def routes(repository: Repository, limits: Limits) -> APIRouter:
    """Make the endpoints that describe the models."""
    router = APIRouter(tags=["models"])

    @router.get("/models", response_model=ModelList, summary="The served models and the limits of a request")
    async def models() -> StarletteResponse:
        served = [_summary(network.card) for network in repository.newest()]
        return as_starlette(
            responses.json({"models": served, "limits": limits.model_dump(include=set(Limits.model_fields))})
        )

    @router.get(
        "/models/{name}",
        response_model=ModelDescription,
        responses=problems.documented(404),
        summary="A model: layers, parameters, accuracy, version, provider",
    )
    async def model(name: str) -> StarletteResponse:
        refused = [
            {"version": version, "reason": refusal.reason}
            for (model, version), refusal in repository.refused().items()
            if model == name
        ]
        found = _description(repository.find(name), repository.versions(name))
        return as_starlette(responses.json({**found, "refused": refused}))

    return router


def _summary(card: Card) -> dict[str, Any]:
    return {
        "name": card.name,
        "version": card.version,
        "parameters": card.parameters,
        "accuracy": card.evaluation.test.accuracy,
    }


def _description(network: Network, versions: list[str]) -> dict[str, Any]:
    card = network.card.model_dump(exclude={"files", "familiarity"})
    return {**card, "versions": versions, "provider": network.provider}
