"""A card that contradicts itself or its file is refused by name, with what contradicts what."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from service.cards import layer_checks
from service.cards.card import Layer
from service.digits.network import Batching
from service.errors import ModelError
from service.repository import opening
from service.repository.repository import Repository

Change = Callable[[dict[str, Any]], None]

ALL_SIX = [list(range(6))] * 16
KERNEL = ["filters", "channels", "height", "width"]


@pytest.fixture
def opened(
    tmp_path: Path, batching: Batching, copy_packaged: Callable[..., Path]
) -> Callable[[Change], Repository]:
    """Serve the packaged model as version 1, and as version 2 with a change to its card."""

    def opened(change: Change) -> Repository:
        copy_packaged(tmp_path / "lenet5" / "1")
        file = copy_packaged(tmp_path / "lenet5" / "2") / "card.json"
        card = json.loads(file.read_text(encoding="utf-8"))
        change(card)
        file.write_text(json.dumps(card), encoding="utf-8")
        return opening.open_folder(tmp_path, most_versions=10, device="cpu", batching=batching)

    return opened


def of(name: str, /, **members: object) -> Change:
    def change(card: dict[str, Any]) -> None:
        (layer,) = (each for each in card["layers"] if each["name"] == name)
        layer.update(members)

    return change


def on_card(**members: object) -> Change:
    return lambda card: card.update(members)


def fewer_parameters(card: dict[str, Any]) -> None:
    """As of a layer that is trained only where there are connections."""
    of("conv2d_2", connections=[[0, 5], *ALL_SIX[1:]], parameters=2_416 - 4 * 25)(card)
    card["parameters"] -= 4 * 25


def twice(card: dict[str, Any]) -> None:
    card["layers"].insert(1, card["layers"][0])


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (twice, "conv2d_1 has 2 rows"),
        (on_card(parameters=257_545), "have 257546 parameters together, but the card says 257545"),
        (
            of("conv2d_1", parameters=157),
            "conv2d_1 has 157 parameters, but its weights are 150 numbers of kernel and 6 numbers of bias",
        ),
        (of("flatten_1", parameters=1), "flatten_1 has 1 parameters and no weights"),
        (of("conv2d_2", connections=ALL_SIX[1:]), "conv2d_2 has connections of 15 filters"),
        (
            of("conv2d_2", connections=[*ALL_SIX[1:], [0, 6]]),
            r"conv2d_2 connects filter 15 to \(0, 6\), but reads 6 channels",
        ),
        (of("conv2d_2", connections=[[-1], *ALL_SIX[1:]]), r"conv2d_2 connects filter 0 to \(-1,\)"),
        (of("conv2d_2", connections=[[3, 3], *ALL_SIX[1:]]), "conv2d_2 connects filter 0 to a channel twice"),
        (on_card(temperature=0), "temperature: Input should be greater than 0"),
        (on_card(temperature=-1.5), "temperature: Input should be greater than 0"),
        (on_card(temperature=math.nan), "temperature: Input should be"),
        (on_card(temperature=math.inf), "temperature: Input should be a finite number"),
        (on_card(temperature_interval_95=[-1, 2]), "temperature_interval_95/0: .* greater than 0"),
        (
            of("conv2d_1", weights={"kernel": [*KERNEL[:2], "width", "height"], "bias": ["filters"]}),
            "conv2d_1 has a kernel with the axes .*; a Conv2D's are",
        ),
        (
            of("dense_1", weights={"kernel": ["units", "inputs"], "bias": ["units"]}),
            "dense_1 has a kernel with the axes .*; a Dense's are",
        ),
        (
            of("dense_1", weights={"kernel": ["inputs", "units"], "bias": ["units", "one"]}),
            r"no float32 dense_1\.bias with the axes",
        ),
        (of("conv2d_1", kernel_size=[3, 3]), r"conv2d_1 has the kernel_size \(3, 3\), but its kernel is"),
        (of("conv2d_1", padding="valid"), r"conv2d_1 makes \(24, 24\) of \(28, 28\) with"),
        (of("conv2d_2", padding="same"), r"conv2d_2 makes \(14, 14\) of \(14, 14\) with"),
        (of("conv2d_2", strides=[1, 2]), r"conv2d_2 makes \(10, 5\) of \(14, 14\) with"),
        (of("conv2d_2", strides=[0, 1]), "strides/0: Input should be greater than 0"),
        (of("conv2d_2", dilations=[1, 3]), r"conv2d_2 makes \(10, 2\) of \(14, 14\) with"),
        (of("average_pooling2d_2", strides=[3, 2]), r"makes \(3, 5\) of \(10, 10\) with"),
        (of("conv2d_2", inputs=["conv2d_1"]), r"conv2d_2 makes \(24, 24\) of \(28, 28\) with"),
        (of("conv2d_2", inputs=[""]), "conv2d_2 makes"),
        (of("dense_1", inputs=["conv2d_2"]), r"dense_1 reads \(10, 10, 16\), but its kernel is \(3000, 84\)"),
        (of("flatten_1", inputs=["conv2d_2"]), r"flatten_1 makes \(1600,\) of \(10, 10, 16\)"),
        (of("dense_2", type="Flatten"), r"dense_2 makes \(84,\) of \(84,\), but its output is \(10,\)"),
        (of("dense_2", type="Softmax"), r"dense_2 makes \(84,\) of \(84,\), but its output is \(10,\)"),
        (of("dense_2", type="Conv2D"), r"dense_2 is a Conv2D, but its output is \(10,\)"),
        (of("average_pooling2d_1", name="conv2d_2"), "conv2d_2 has 2 rows"),
        (of("average_pooling2d_1", output_shape=[14, 14, 5]), "the output of average_pooling2d_1 has the"),
    ],
)
def test_it_is_refused_with_what_contradicts_what_and_the_others_are_served(
    opened: Callable[[Change], Repository], change: Change, reason: str
) -> None:
    found = opened(change)

    assert found.versions("lenet5") == ["1"]
    assert list(found.refused()) == [("lenet5", "2")]
    with pytest.raises(ModelError, match=reason):
        raise ModelError(found.refused()["lenet5", "2"].reason)


@pytest.mark.parametrize(
    "change",
    [
        of("conv2d_2", connections=[[0, 5], *ALL_SIX[1:]]),
        of("conv2d_2", connections=[[], *ALL_SIX[1:]]),
        fewer_parameters,
        of("conv2d_2", inputs=["average_pooling2d_1"]),
        # A step of the graph that is no layer, and several: what they give is not on the card.
        of("conv2d_2", inputs=["pad"]),
        of("conv2d_2", inputs=["conv2d_1", "average_pooling2d_1"]),
        of("conv2d_1", kernel_size=None, strides=None, dilations=None, padding=None, activation=None),
        of("conv2d_1", type="Surprise", weights={"kernel": list("abcd"), "bias": ["e"]}),
        of("dense_1", weights={"kernel": ["inputs", "units"], "bias": ["biases"]}),
    ],
)
def test_what_contradicts_nothing_is_served(opened: Callable[[Change], Repository], change: Change) -> None:
    assert opened(change).versions("lenet5") == ["1", "2"]


def test_a_layer_that_is_not_trained_has_no_parameters_and_all_of_its_weights(
    opened: Callable[[Change], Repository],
) -> None:
    def frozen(card: dict[str, Any]) -> None:
        of("conv2d_1", parameters=0)(card)
        card["parameters"] -= 156

    network = opened(frozen).recogniser()

    assert network.card.version == "2"
    assert network.layers.table["conv2d_1"].parameters == 0
    assert len(network.layers.weights(network.layers.table["conv2d_1"])) == 2


def test_a_card_of_the_first_round_may_not_contradict_its_weights_either(
    opened: Callable[[Change], Repository],
) -> None:
    def first(card: dict[str, Any]) -> None:
        kept = ("name", "type", "output_shape", "parameters")
        card["layers"] = [{name: each[name] for name in kept} for each in card["layers"]]
        card["layers"][0]["parameters"] += 1
        card["parameters"] += 1

    assert "conv2d_1 has 157 parameters" in opened(first).refused()["lenet5", "2"].reason


def layer(kind: str, output: tuple[int, ...], **members: Any) -> Layer:  # noqa: ANN401  of any member
    return Layer(name="one", type=kind, output_shape=output, **{"parameters": 0, **members})


def check(one: Layer, image: tuple[int, int], **constants: np.ndarray) -> None:
    layer_checks.check(
        [one],
        parameters=one.parameters,
        image=image,
        outputs={"one": ("float", [None] * (1 + len(one.output_shape)))},
        constants={f"one.{name}": array for name, array in constants.items()},
    )


# By hand: a window of 3 fits into 10 cells at 8 places, one of 3 with gaps (5 wide) at 6.
@pytest.mark.parametrize(
    ("padding", "strides", "dilations", "made"),
    [
        ("valid", (1, 1), None, (8, 10)),
        ("valid", (2, 3), None, (4, 4)),
        ("valid", (3, 5), (1, 1), (3, 2)),
        ("valid", (1, 1), (2, 1), (6, 10)),
        ("valid", (4, 1), (2, 3), (2, 6)),
        ("same", (1, 1), (2, 3), (10, 12)),
        ("same", (3, 5), None, (4, 3)),
    ],
)
@pytest.mark.parametrize("kind", ["MaxPooling2D", "AveragePooling2D", "Conv2D"])
def test_a_window_slides_as_tensorflow_has_it(
    kind: str,
    padding: str,
    strides: tuple[int, int],
    dilations: tuple[int, int] | None,
    made: tuple[int, int],
) -> None:
    members = {"kernel_size": (3, 3), "strides": strides, "padding": padding, "dilations": dilations}
    check(layer(kind, (*made, 1), **members), (10, 12))

    for other in ((made[0] + 1, made[1]), (made[0], made[1] - 1)):
        with pytest.raises(ModelError, match=rf"one makes \({made[0]}, {made[1]}\) of \(10, 12\)"):
            check(layer(kind, (*other, 1), **members), (10, 12))


def test_pooling_keeps_the_number_of_maps() -> None:
    with pytest.raises(ModelError, match="one pools 1 maps"):
        check(layer("MaxPooling2D", (5, 6, 2)), (10, 12))


@pytest.mark.parametrize(
    ("shape", "bias", "reason"),
    [
        ((3, 1, 3, 3), 4, r"one has a kernel \(3, 1, 3, 3\) of .*, but its output is \(8, 10, 4\)"),
        ((4, 2, 3, 3), 4, r"one reads 1 channels, but its kernel is \(4, 2, 3, 3\)"),
        ((4, 0, 3, 3), 4, r"one reads 1 channels, but its kernel is \(4, 0, 3, 3\)"),
        ((4, 1, 3, 3), 3, r"one has a kernel of 4 filters, but a bias \(3,\)"),
    ],
)
def test_a_kernel_fits_what_it_reads_and_what_it_makes(
    shape: tuple[int, ...], bias: int, reason: str
) -> None:
    number = math.prod(shape) + bias
    one = layer("Conv2D", (8, 10, 4), parameters=number, weights={"kernel": KERNEL, "bias": ["filters"]})

    with pytest.raises(ModelError, match=reason):
        check(one, (10, 12), kernel=np.zeros(shape, np.float32), bias=np.zeros(bias, np.float32))


def test_only_some_weights_of_a_layer_may_be_trainable() -> None:
    weights = {name: ["maps"] for name in ("gamma", "beta", "moving_mean", "moving_variance")}
    four = {name: np.zeros(4, np.float32) for name in weights}

    for parameters in (0, 8, 16):
        check(layer("BatchNormalization", (4,), parameters=parameters, weights=weights), (28, 28), **four)
    for parameters in (2, 20, 2**52):
        with pytest.raises(ModelError, match=f"one has {parameters} parameters, but its weights are"):
            check(layer("BatchNormalization", (4,), parameters=parameters, weights=weights), (28, 28), **four)
