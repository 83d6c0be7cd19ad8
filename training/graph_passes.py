"""What the conversion to ONNX leaves over, taken out: constants, transpositions, shapes of run time."""

from collections.abc import Collection, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import onnx.reference
import onnx.shape_inference

TO_CHANNELS_LAST = [0, 2, 3, 1]


def tidy(model: onnx.ModelProto, *, kept: Collection[str]) -> None:
    """
    Leave a graph with what it computes at run time, and nothing else.

    Args:
        model: Changed in place.
        kept: Initializers that stay though nothing reads them.
    """
    graph: Any = model.graph
    del graph.value_info[:]
    _fold_constants(graph)
    _cancel_transposes(graph)
    _fix_reshapes(model)
    _flatten_channels_first(model)
    _drop_unread(graph, kept)


def _fold_constants(graph: onnx.GraphProto) -> None:
    """Compute now what depends on no input; a weight that is only given another shape and back is itself."""
    constants = _initializers(graph)
    origins: dict[str, str] = {}
    aliases: dict[str, str] = {}
    for node in list(graph.node):
        node.input[:] = [aliases.get(name, name) for name in node.input]
        if not node.input or not set(node.input) <= constants.keys():
            continue
        graph.node.remove(node)
        feeds = {name: constants[name] for name in node.input}
        values = onnx.reference.ReferenceEvaluator(node).run(None, feeds)
        for name, value in zip(node.output, values, strict=True):
            constants[name] = value
            origin = origins[name] = origins.get(node.input[0], node.input[0])
            if _is_same(value, constants[origin]):
                aliases[name] = origin
            else:
                graph.initializer.append(onnx.numpy_helper.from_array(np.asarray(value), name))


def _is_same(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> bool:
    return one.shape == other.shape and one.dtype == other.dtype and one.tobytes() == other.tobytes()


def _cancel_transposes(graph: onnx.GraphProto) -> None:
    """Leave out each transpose that undoes the one before; tf2onnx keeps those around an output."""
    before = {node.output[0]: node for node in graph.node if node.op_type == "Transpose"}
    for node in list(before.values()):
        first = before.get(node.input[0])
        if first and [_order(first)[axis] for axis in _order(node)] == list(range(len(_order(node)))):
            _rewire(graph, node.output[0], first.input[0])
            graph.node.remove(node)


def _fix_reshapes(model: onnx.ModelProto) -> None:
    """Write down the shapes that depend on the batch alone: Keras asks for its size at run time."""
    graph: Any = model.graph
    constants, shapes = _initializers(graph), _shapes(model)
    for node in graph.node:
        if node.op_type != "Reshape" or node.input[1] in constants:
            continue
        sizes = shapes.get(node.output[0], [])[1:]
        if sizes and all(sizes):
            name = f"{node.output[0]}.shape"
            graph.initializer.append(onnx.numpy_helper.from_array(np.array([-1, *sizes], np.int64), name))
            node.input[1] = name


def _flatten_channels_first(model: onnx.ModelProto) -> None:
    """
    Flatten maps as ONNX has them, channels first, so that no image is transposed.

    Keras flattens channels last; the rows of the dense layer behind it are put in ONNX's order instead.
    """
    graph: Any = model.graph
    constants, shapes = _initializers(graph), _shapes(model)
    for transpose in [node for node in graph.node if node.op_type == "Transpose"]:
        flattens = list(_readers(graph, transpose.output[0]))
        products = [reader for flatten in flattens for reader in _readers(graph, flatten.output[0])]
        if (
            _order(transpose) != TO_CHANNELS_LAST
            or [len(shapes.get(flatten.output[0], [])) for flatten in flattens] != [2]
            or not products
            or not all(node.op_type == "MatMul" and node.input[1] in constants for node in products)
        ):
            continue
        _, channels, height, width = shapes[transpose.input[0]]
        rows = (
            np.arange(channels * height * width).reshape(height, width, channels).transpose(2, 0, 1).ravel()
        )
        for node in products:
            name = f"{node.input[1]}.channels_first"
            graph.initializer.append(
                onnx.numpy_helper.from_array(np.ascontiguousarray(constants[node.input[1]][rows]), name)
            )
            node.input[1] = name
        flattens[0].input[0] = transpose.input[0]


def _drop_unread(graph: onnx.GraphProto, kept: Collection[str]) -> None:
    read = {output.name for output in graph.output}
    for node in reversed(list(graph.node)):
        if read.isdisjoint(node.output):
            graph.node.remove(node)
        else:
            read.update(node.input)
    for tensor in list(graph.initializer):
        if tensor.name not in {*read, *kept}:
            graph.initializer.remove(tensor)


def _initializers(graph: onnx.GraphProto) -> dict[str, npt.NDArray[Any]]:
    return {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in graph.initializer}


def _shapes(model: onnx.ModelProto) -> dict[str, list[int]]:
    """Infer the shape of each value; what is not known, as the batch, is 0."""
    graph = onnx.shape_inference.infer_shapes(model, data_prop=True).graph
    return {
        value.name: [size.dim_value for size in value.type.tensor_type.shape.dim]
        for value in (*graph.input, *graph.value_info, *graph.output)
    }


def _readers(graph: onnx.GraphProto, name: str) -> Iterator[Any]:
    """Give the nodes that read a value; the outputs of the graph count as one that is no node of it."""
    yield from (node for node in graph.node if name in node.input)
    if any(output.name == name for output in graph.output):
        yield onnx.NodeProto(op_type="", output=[""])


def _rewire(graph: onnx.GraphProto, old: str, new: str) -> None:
    for node in graph.node:
        node.input[:] = [new if name == old else name for name in node.input]


def _order(transpose: onnx.NodeProto) -> list[int]:
    return list(transpose.attribute[0].ints)
