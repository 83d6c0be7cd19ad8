"""How a caller says what to pool, and what does not go together."""

from typing import Any, Literal

from pydantic import Field, model_validator

from service.operations import windows
from service.operations.fields import Pair, PerMap
from service.operations.operation import Parameters
from service.operations.padding import PoolingWidth


class PoolingParameters(Parameters):
    """How to pool."""

    operation: Literal["max", "average", "lp"] = "max"
    """``lp`` is the p-th root of the sum of the p-th powers of magnitudes."""
    kernel_size: Pair = 2
    """Size of the window: a number or [height, width]."""
    stride: Pair | None = None
    """Cells from one window to the next; the window's size by default."""
    padding: PoolingWidth = "valid"
    """``valid``, ``same``, ``same_lower``, or cells: a number, [height, width] or
    [[top, bottom], [left, right]]. Padding is never a value: it does not win a maximum, nor does it
    count in an average."""
    dilation: Pair = 1
    """Cells from one tap of the window to the next; of ``max`` only."""
    ceil_mode: bool = False
    """Whether a last window may hang over the end, as long as it starts before it."""
    count_include_pad: bool = False
    """Whether an average divides by cells of padding too, as torch does by default."""
    return_indices: bool = False
    """Adds where each maximum was, as [row, column]; the first in row order among equals. JSON only."""
    global_: bool = Field(default=False, alias="global")
    """One window as large as the input."""
    p: int = Field(default=2, ge=1, le=64)
    """The power of ``lp``."""
    coefficient: PerMap | None = None
    """Multiplies what was pooled, as LeNet-5's subsampling does: a number, or one for each channel."""
    bias: PerMap | None = None
    """Is added to it: a number, or one for each channel."""

    @model_validator(mode="before")
    @classmethod
    def _without_border(cls, given: Any) -> Any:  # noqa: ANN401  what a caller sent
        if isinstance(given, dict) and "padding_mode" in given:
            windows.refuse("padding_mode", "padding is never a value in pooling: leave this out")
        return given


def check_together(parameters: PoolingParameters) -> None:
    """
    Refuse what belongs to another kind of pooling.

    Raises:
        InvalidInputError: Something is given that would be ignored.
    """
    given = parameters.model_fields_set
    for field, operation in _BELONGS.items():
        if (
            field in given
            and parameters.operation != operation
            and getattr(parameters, field) != _DEFAULTS[field]
        ):
            windows.refuse(field, f"it goes with operation {operation} only")
    if parameters.global_:
        for field in ("kernel_size", "stride", "padding", "dilation", "ceil_mode"):
            if field in given:
                windows.refuse(field, "a global window is as large as the input: leave this out")


_BELONGS = {"dilation": "max", "return_indices": "max", "count_include_pad": "average", "p": "lp"}
_DEFAULTS = {name: field.default for name, field in PoolingParameters.model_fields.items()}
