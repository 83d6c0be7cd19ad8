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
    """Cells from one tap of the window to the next: a number or [height, width]."""
    ceil_mode: bool = False
    """Whether a last window may hang over the end, as long as it starts before it."""
    count_include_pad: bool = False
    """Whether an average divides by cells of padding too, as torch does by default."""
    divisor: int | None = Field(default=None, ge=1)
    """By what the sum of an average is divided, whatever it counts; ``divisor_override`` in torch."""
    return_indices: bool = False
    """Adds where each maximum was, as [row, column]; the first in row order among equals. JSON only."""
    global_: bool = Field(default=False, alias="global")
    """One window as large as the input."""
    output_size: Pair | None = None
    """Adaptive pooling: as many windows, a number or [height, width]. Window i of n cells and o windows has
    the cells from floor(i n / o) to ceil((i + 1) n / o) - 1, as torch's ``AdaptiveAvgPool2d``."""
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
    Refuse what belongs to another kind of pooling; a default that is spelled out is no conflict.

    Raises:
        InvalidInputError: Something is given that would be ignored.
    """
    for field, operation in _BELONGS.items():
        if parameters.operation != operation and _is_given(parameters, field):
            windows.refuse(field, f"it goes with operation {operation} only")
    for chosen, why in _WINDOWS.items():
        if _is_given(parameters, chosen):
            for field in _SLIDING:
                if field != chosen and _is_given(parameters, field):
                    windows.refuse(field.rstrip("_"), f"{why}: leave this out")


def _is_given(parameters: PoolingParameters, field: str) -> bool:
    is_default: bool = getattr(parameters, field) == PoolingParameters.model_fields[field].default
    return not is_default


_BELONGS = {"return_indices": "max", "count_include_pad": "average", "divisor": "average", "p": "lp"}
_WINDOWS = {
    "global_": "a global window is as large as the input",
    "output_size": "output_size is of adaptive pooling, which makes its own windows",
}
_SLIDING = ("kernel_size", "stride", "padding", "dilation", "ceil_mode", *_WINDOWS)
