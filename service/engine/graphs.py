"""Small ONNX graphs, described as values: what is equal computes the same, and needs to be built once."""

from dataclasses import dataclass
from typing import Any, Literal

OPSET = 18
"""The newest whose operators run on every provider; nothing here needs a newer one."""

_IR_VERSION = 8
"""Of opset 18, so that ONNX Runtime need not be as new as the onnx package."""


@dataclass(frozen=True)
class Node:
    """
    One operator.

    Attributes:
        operator: ONNX' name for it.
        inputs: Names of values.
        outputs: Names of values.
        attributes: Name and value of each attribute; sequences are tuples.
    """

    operator: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True)
class Graph:
    """
    Operators in the order in which they run; every shape is free.

    Attributes:
        nodes: The operators.
        inputs: Names of the float32 inputs.
        outputs: Name and type of each output.
        indices: Names of the int64 inputs.
    """

    nodes: tuple[Node, ...]
    inputs: tuple[str, ...]
    outputs: tuple[tuple[str, Literal["float32", "int64"]], ...]
    indices: tuple[str, ...] = ()

    def encode(self) -> bytes:
        """Write the graph as an ONNX file."""
        # Half as long to import as everything else together: who never computes here never waits for it.
        from onnx import TensorProto, helper

        types = {"float32": TensorProto.FLOAT, "int64": TensorProto.INT64}
        inputs = [*((name, "float32") for name in self.inputs), *((name, "int64") for name in self.indices)]
        graph = helper.make_graph(
            [
                helper.make_node(node.operator, node.inputs, node.outputs, **dict(node.attributes))
                for node in self.nodes
            ],
            "operation",
            [helper.make_tensor_value_info(name, types[kind], None) for name, kind in inputs],
            [helper.make_tensor_value_info(name, types[kind], None) for name, kind in self.outputs],
        )
        opset = [helper.make_opsetid("", OPSET)]
        model = helper.make_model(graph, opset_imports=opset, ir_version=_IR_VERSION)
        file: bytes = model.SerializeToString()
        return file
