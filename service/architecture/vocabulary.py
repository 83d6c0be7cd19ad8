"""The layers of the lecture, with the parameters that Keras gives them."""

from typing import Annotated, Literal

import numpy as np
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

MOST_LAYERS = 200
MOST_AXES = 3
LARGEST = 65_536
"""A side, a kernel, channels, filters: what is larger is no network."""

Count = Annotated[int, Field(strict=True, ge=1, le=LARGEST)]
Many = Annotated[int, Field(strict=True, ge=1, le=2**31)]
Index = Annotated[int, Field(strict=True, ge=0, lt=LARGEST)]
Margin = Annotated[int, Field(strict=True, ge=0, le=LARGEST)]


def _as_pair(value: object) -> object:
    return (value, value) if isinstance(value, int) else value


def _no_more_than(most: int, what: str) -> BeforeValidator:
    # Pydantic's own count is of the valid ones: a million that are wrong would each be a fault.
    def check(values: object) -> object:
        if isinstance(values, list | tuple | np.ndarray) and len(values) > most:
            kind, message = "too_many", "expected at most {most} {what}"
            raise PydanticCustomError(kind, message, {"most": most, "what": what})
        return values

    return BeforeValidator(check)


Pair = Annotated[tuple[Count, Count], BeforeValidator(_as_pair, json_schema_input_type=Count | list[Count])]
"""Height and width; one number stands for both."""

Activation = Literal[
    "linear",
    "relu",
    "leaky_relu",
    "tanh",
    "lenet_tanh",
    "sigmoid",
    "softplus",
    "softmax",
    "elu",
    "selu",
    "gelu",
]


class _Layer(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")] | None = Field(
        default=None, description="By default type and number, as in the lecture: `conv2d_1`."
    )


class Input(_Layer):
    """What the network is given; always the first layer."""

    type: Literal["Input"]
    shape: Annotated[tuple[Many, ...], _no_more_than(MOST_AXES, "items")] = Field(
        min_length=1,
        max_length=MOST_AXES,
        description="`[height, width, channels]` of an image, `[units]` of a vector.",
    )


class Conv2D(_Layer):
    """A convolution."""

    type: Literal["Conv2D"]
    filters: Count = Field(description="Kernels, and so feature maps.")
    kernel_size: Pair = Field(description="Height and width of a kernel.")
    strides: Pair = Field(default=(1, 1), description="Steps down and across.")
    padding: Literal["valid", "same", "full"] | Margin = Field(
        default="valid",
        description="`same` keeps the size at stride 1, `full` has every overlap, a number is the slide's p.",
    )
    use_bias: bool = Field(default=True, strict=True, description="One bias term a filter.")
    connections: (
        Annotated[
            tuple[Annotated[tuple[Index, ...], Field(min_length=1), _no_more_than(LARGEST, "items")], ...],
            _no_more_than(LARGEST, "items"),
        ]
        | None
    ) = Field(
        default=None,
        description="For each filter the channels that it sees, from 0, as in LeNet-5's table I; null: all.",
    )
    activation: Activation = Field(default="linear", description="Costs nothing that is counted here.")


class _Pooling(_Layer):
    pool_size: Pair = Field(default=(2, 2), description="Height and width of the patch.")
    strides: Pair | None = Field(
        default=None, description="Steps down and across; by default the patch's size."
    )
    padding: Literal["valid", "same"] | Margin = Field(
        default="valid", description="As in a convolution, but less than the patch."
    )


class AveragePooling2D(_Pooling):
    """The mean of each patch."""

    type: Literal["AveragePooling2D"]


class MaxPooling2D(_Pooling):
    """The largest value of each patch."""

    type: Literal["MaxPooling2D"]


class Subsampling2D(_Pooling):
    """The mean of each patch by a coefficient, plus a bias, one of each a map: LeNet-5's S2 and S4."""

    type: Literal["Subsampling2D"]
    activation: Activation = Field(default="lenet_tanh", description="Costs nothing that is counted here.")


class Flatten(_Layer):
    """Feature maps to a vector."""

    type: Literal["Flatten"]


class Dense(_Layer):
    """A fully connected layer."""

    type: Literal["Dense"]
    units: Count = Field(description="Neurons.")
    use_bias: bool = Field(default=True, strict=True, description="One bias term a neuron.")
    activation: Activation = Field(default="linear", description="Costs nothing that is counted here.")


class RBF(_Layer):
    """Squared distances to one point for each unit, which is drawn and not learned: LeNet-5's output."""

    type: Literal["RBF"]
    units: Count = Field(description="Points, and so distances.")


Pooling = AveragePooling2D | MaxPooling2D | Subsampling2D
Layer = Annotated[
    Input | Conv2D | AveragePooling2D | MaxPooling2D | Subsampling2D | Flatten | Dense | RBF,
    Field(discriminator="type"),
]


def _more_than_an_input(layers: tuple[Layer, ...]) -> tuple[Layer, ...]:
    if len(layers) < 2:
        kind, message = "no_layers", "expected the Input and at least one more layer"
        raise PydanticCustomError(kind, message)
    return layers


class Architecture(BaseModel):
    """A network, and in what numbers and how many images at a time it computes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    # Not min_length: pydantic counts only the layers that are valid, and would tell of their number too.
    layers: Annotated[
        tuple[Layer, ...], _no_more_than(MOST_LAYERS, "layers"), AfterValidator(_more_than_an_input)
    ] = Field(max_length=MOST_LAYERS, json_schema_extra={"minItems": 2}, description="From the input on.")
    batch: Many = Field(default=1, description="Images at a time: the outputs of all are in memory.")
    dtype: Literal["float32", "float16"] = Field(
        default="float32", description="Of every number in memory: 4 or 2 bytes."
    )
