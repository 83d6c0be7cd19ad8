"""``GET /kernels``: the kernels that have names."""

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.responses import Response as StarletteResponse

from service.described import Described
from service.errors import UnknownNameError
from service.http import problems, responses
from service.http.asgi import as_starlette
from service.operations.kernels import PRESETS, Kind, Preset


class KernelDescription(Described):
    """One kernel."""

    name: str
    """As ``POST /convolve`` takes it."""
    matrix: list[list[float]]
    """Its rows, as printed: a convolution turns them by 180 degrees."""
    sum: float
    """What it makes of a constant image of ones: 0 for differential kernels, 1 for smoothing ones."""
    kind: Kind
    purpose: str
    source: str
    """Where the lecture prints it."""


class KernelList(BaseModel):
    """Every kernel."""

    kernels: list[KernelDescription]


def routes() -> APIRouter:
    """Make the endpoints."""
    router = APIRouter(tags=["lecture"])

    @router.get(
        "/kernels",
        response_model=KernelList,
        summary="The preset kernels: matrix, sum, purpose",
        description="What may stand for numbers as `kernel` of `POST /convolve`, and what each is good for.",
    )
    async def kernels() -> StarletteResponse:
        return as_starlette(
            responses.json({"kernels": [_description(name, preset) for name, preset in PRESETS.items()]})
        )

    @router.get(
        "/kernels/{name}",
        response_model=KernelDescription,
        responses=problems.documented(404),
        summary="A preset kernel",
        description="One of those that `GET /kernels` lists, by its name.",
    )
    async def kernel(name: str) -> StarletteResponse:
        if name not in PRESETS:
            message = f"no kernel of that name; there are: {', '.join(PRESETS)}"
            raise UnknownNameError(message)
        return as_starlette(responses.json(_description(name, PRESETS[name])))

    return router


def _description(name: str, preset: Preset) -> dict[str, Any]:
    return {
        "name": name,
        "matrix": preset.matrix,
        "sum": preset.sum,
        "kind": preset.kind,
        "purpose": preset.purpose,
        "source": preset.source,
    }
