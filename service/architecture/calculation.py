"""From layers to figures: shapes, parameters, multiply-adds, receptive fields, memory."""

from collections import Counter
from collections.abc import Sequence

from service.architecture import formulas, slides, steps
from service.architecture.figures import Figures, LayerFigures, Share
from service.architecture.formulas import Figure
from service.architecture.sight import Sight
from service.architecture.steps import Step
from service.architecture.vocabulary import Architecture, Layer
from service.errors import Fault, InvalidInputError

LARGEST = 2**53 - 1
"""The largest whole number that every reader of JSON takes exactly (RFC 8259, section 6)."""

_LAYERS = "#/layers"
_NAMES = {
    "Input": "input",
    "Conv2D": "conv2d",
    "AveragePooling2D": "average_pooling2d",
    "MaxPooling2D": "max_pooling2d",
    "Subsampling2D": "subsampling2d",
    "Flatten": "flatten",
    "Dense": "dense",
    "RBF": "rbf",
}


def calculate(architecture: Architecture) -> Figures:
    """
    Work out what a network costs.

    Raises:
        InvalidInputError: The layers do not fit together, or a figure is larger than ``LARGEST``.
    """
    names = _names(architecture.layers)
    bits = {"float32": 32, "float16": 16}[architecture.dtype]
    rows: list[LayerFigures] = []
    step: Step | None = None
    sight: Sight | None = None
    for index, layer in enumerate(architecture.layers):
        before = step
        step = steps.take(layer, before, f"{_LAYERS}/{index}")
        sight = Sight.of_an_input(step) if sight is None else sight.through(layer, step)
        memory = formulas.memory(step.shape, bits, architecture.batch)
        _check(step.parameters, step.multiply_adds, memory, *sight.figures, place=f"{_LAYERS}/{index}")
        note = slides.note(layer, before, architecture)
        rows.append(_row(names[index], layer.type, step, sight, memory, note))
    return _in_all(rows)


def _row(  # noqa: PLR0913, PLR0917  all that is told of a layer
    name: str, kind: str, step: Step, sight: Sight, memory: Figure, slide: str | None
) -> LayerFigures:
    told = {
        "output_shape": step.size,
        "parameters": step.parameters.formula,
        "multiply_adds": step.multiply_adds.formula,
        "receptive_field": sight.formula,
        "memory_bytes": memory.formula,
    }
    return LayerFigures(
        name=name,
        type=kind,
        output_shape=step.shape,
        parameters=step.parameters.value,
        multiply_adds=step.multiply_adds.value,
        receptive_field=sight.fields,
        memory_bytes=memory.value,
        formulas=told,
        slide=slide,
    )


def _check(*figures: Figure, place: str) -> None:
    if max(figure.value for figure in figures) > LARGEST:
        message = "a figure of this network is larger than 2^53, which no network has"
        raise InvalidInputError(message, Fault(place, message))


def _names(layers: Sequence[Layer]) -> list[str]:
    """Give each layer its name, or that of its type with a number, as in the lecture."""
    numbers = Counter[str]()
    names: list[str] = []
    for index, layer in enumerate(layers):
        numbers[layer.type] += 1
        name = layer.name or f"{_NAMES[layer.type]}_{numbers[layer.type]}"
        if name in names:
            raise steps.refused(_LAYERS, f"{index}/name", "another layer has this name already")
        names.append(name)
    return names


def _in_all(rows: Sequence[LayerFigures]) -> Figures:
    parameters = formulas.total([row.parameters for row in rows])
    multiply_adds = formulas.total([row.multiply_adds for row in rows])
    memory = formulas.total([row.memory_bytes for row in rows])
    _check(parameters, multiply_adds, memory, place=_LAYERS)
    by_type = Counter[str]()
    for row in rows:
        by_type[row.type] += row.parameters
    return Figures(
        layers=list(rows),
        parameters=parameters.value,
        multiply_adds=multiply_adds.value,
        memory_bytes=memory.value,
        shares={kind: _share(part, parameters.value) for kind, part in by_type.items() if part},
        formulas={
            "parameters": parameters.formula,
            "multiply_adds": multiply_adds.formula,
            "memory_bytes": f"{memory.formula} bytes = {formulas.in_units(memory.value)}",
        },
    )


def _share(part: int, whole: int) -> Share:
    return Share(part, part / whole, f"{part} / {whole} = {part / whole:.2%}".replace("%", " %"))
