"""ONNX' own test cases of convolution and pooling, those made with PyTorch among them."""

import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from onnx import NodeProto, TensorProto, helper, load, numpy_helper
from onnx.backend.test.loader import load_model_tests

from service.operations.execution import Answer
from service.settings import Limits

Run = Callable[..., Answer]

POOLS = {"MaxPool": "max", "AveragePool": "average", "LpPool": "lp"}
GLOBAL = {"GlobalMaxPool": "max", "GlobalAveragePool": "average"}
KINDS = ("node", "pytorch-operator", "pytorch-converted")
OPERATORS = {"Conv", "ConvTranspose", *POOLS, *GLOBAL}
LIMITS = Limits(max_kernel_taps=60 * 80, max_padding=100, max_json_numbers=10**6)
"""Two windows are larger than the service takes by default."""


class Case(NamedTuple):
    """One node, what it is given, and what it has to answer."""

    name: str
    node: NodeProto
    inputs: list[np.ndarray]
    outputs: list[np.ndarray]


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    """Every case of one node; in some a signal is made an image before, and a signal again behind."""
    with warnings.catch_warnings():
        # Cases of other operators are about infinity.
        warnings.simplefilter("ignore", RuntimeWarning)
        every = [
            case
            for kind in ("node", "pytorch-operator", "pytorch-converted")
            for case in load_model_tests(kind=kind)
        ]
    return [found for case in every for found in read(case)]


def read(case: Any) -> Iterator[Case]:  # noqa: ANN401  ONNX' own
    model = case.model or load(Path(case.model_dir) / "model.onnx")
    nodes = {node.op_type: node for node in model.graph.node}
    wanted = OPERATORS & nodes.keys()
    if len(wanted) != 1 or nodes.keys() - wanted - {"Squeeze", "Unsqueeze"}:
        return
    (operator,) = wanted
    sets = case.data_sets or [
        [arrays(folder, side) for side in ("input", "output")]
        for folder in Path(case.model_dir).glob("test*")
    ]
    weights = [numpy_helper.to_array(one) for one in model.graph.initializer]
    for inputs, outputs in sets:
        if "Unsqueeze" in nodes:
            inputs, outputs = [inputs[0][..., None]], [outputs[0][..., None]]  # noqa: PLW2901
        yield Case(case.name, nodes[operator], [*inputs, *weights], outputs)


def arrays(folder: Path, side: str) -> list[np.ndarray]:
    found = []
    for file in sorted(folder.glob(f"{side}_*.pb")):
        tensor = TensorProto()
        tensor.ParseFromString(file.read_bytes())
        found.append(numpy_helper.to_array(tensor))
    return found


def asked(case: Case) -> tuple[str, dict[str, Any]]:
    """Say in the service's words what a node is to do; a signal with channels is an image of one row."""
    given = {one.name: helper.get_attribute_value(one) for one in case.node.attribute}
    axes = case.inputs[0].ndim - 2
    rows = [1] * (2 - axes)
    operator = case.node.op_type
    if operator in GLOBAL:
        return "pool", {"operation": GLOBAL[operator], "global": True}
    stride, dilation = ([*rows, *given.get(name, [1] * axes)] for name in ("strides", "dilations"))
    pads = given.get("pads", [0] * 2 * axes)
    sides = [[0, 0]] * (2 - axes) + [list(side) for side in zip(pads[:axes], pads[axes:], strict=True)]
    rule = {b"SAME_UPPER": "same", b"SAME_LOWER": "same_lower"}.get(given.get("auto_pad", b""))
    asked = {"stride": stride, "dilation": dilation, "padding": rule or sides}
    if operator in POOLS:
        asked |= {"operation": POOLS[operator], "kernel_size": [*rows, *given["kernel_shape"]]}
        asked |= {"ceil_mode": bool(given.get("ceil_mode", 0))}
        if operator == "AveragePool":
            asked["count_include_pad"] = bool(given.get("count_include_pad", 0))
        if operator == "LpPool":
            asked["p"] = given.get("p", 2)
        return "pool", asked | {"return_indices": len(case.outputs) > 1}
    kernel = case.inputs[1]
    asked |= {"kernel": kernel.reshape(*kernel.shape[:2], *rows, *kernel.shape[2:])}
    asked |= {"operation": "cross_correlation", "groups": given.get("group", 1)}
    asked |= {"bias": case.inputs[2] if len(case.inputs) > 2 else 0}
    if operator == "ConvTranspose":
        added = [*rows, *given.get("output_padding", [0] * axes)] if axes == 2 else [0, 0]
        for axis, length in enumerate(given.get("output_shape", [])):
            laid = (case.inputs[0].shape[axis + 2] - 1) * stride[axis] + kernel.shape[axis + 2]
            added[axis] = length - laid
        asked |= {"transposed": True, "output_padding": added}
    return "convolve", asked


def test_what_is_not_three_dimensional_is_answered_as_onnx_has_it(run: Run, cases: list[Case]) -> None:
    flat = [case for case in cases if case.inputs[0].ndim < 5]
    for case in flat:
        name, parameters = asked(case)
        batch, channels, *_, width = case.inputs[0].shape
        images = case.inputs[0].reshape(batch, channels, -1, width)
        answers = [run(name, image, LIMITS, **parameters) for image in images]

        found = np.stack([answer.output for answer in answers]).reshape(case.outputs[0].shape)
        np.testing.assert_allclose(found, case.outputs[0], rtol=1e-3, atol=1e-5, err_msg=case.name)
        if len(case.outputs) > 1:
            places = case.outputs[1] % images[0][0].size
            by_column = any(one.name == "storage_order" and one.i for one in case.node.attribute)
            height = images.shape[2]
            rows, columns = np.divmod(places, width) if not by_column else np.divmod(places, height)[::-1]
            assert np.array_equal(np.stack([rows, columns], -1), [one.extras["indices"] for one in answers])

    assert len(flat) >= 89
