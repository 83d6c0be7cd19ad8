"""What the lecture's slides print, where it is something else than the figure here."""

from service.architecture.steps import Step
from service.architecture.vocabulary import Architecture, Conv2D, Layer

_MEMORY = {1: "300 MB (2516582400 bits)", 100: "over 29 GB"}
"""Batch to what the slide prints for 100 filters over an RGB image of 512x512 in float32 (line 697)."""


def note(layer: Layer, before: Step | None, architecture: Architecture) -> str | None:
    """Say what the slide prints for this very layer; None when it is in no slide, or rightly so."""
    printed = _MEMORY.get(architecture.batch)
    if (
        printed is None
        or architecture.dtype != "float32"
        or before is None
        or not _is_the_example(layer, before)
    ):
        return None
    return (
        f"the slide prints {printed}: it multiplies by the 3 channels of the input as well, but a kernel is"
        " as deep as its input and sums them into one map"
    )


def _is_the_example(layer: Layer, before: Step) -> bool:
    return (
        before.shape == (512, 512, 3)
        and isinstance(layer, Conv2D)
        and (layer.filters, layer.strides, layer.padding) == (100, (1, 1), "same")
    )
