"""The constants of an ONNX file are what the onnx package reads there, however they are written."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from service.engine import weights
from service.settings import PACKAGED_RECOGNISER


def graph_of(*tensors: TensorProto) -> bytes:
    value = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch"])
    node = helper.make_node("Identity", ["x"], ["y"], doc_string="x" * 300)
    output = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["batch"])
    return helper.make_model(helper.make_graph([node], "g", [value], [output], tensors)).SerializeToString()


@pytest.mark.parametrize("file", ["model.onnx", "layers.onnx"])
def test_the_packaged_files_have_the_constants_that_onnx_reads(file: str) -> None:
    data = (PACKAGED_RECOGNISER / file).read_bytes()
    expected = {
        tensor.name: numpy_helper.to_array(tensor)
        for tensor in onnx.load_from_string(data).graph.initializer
        if tensor.data_type == TensorProto.FLOAT
    }
    found = weights.read(data)

    assert found.keys() == expected.keys()
    for name, array in expected.items():
        np.testing.assert_array_equal(found[name], array)


@pytest.mark.parametrize("shape", [(), (0,), (1,), (3, 4), (2, 3, 4, 5), (1, 200)])
@pytest.mark.parametrize("raw", [True, False])
def test_raw_bytes_and_lists_of_numbers_are_both_read(shape: tuple[int, ...], raw: bool) -> None:  # noqa: FBT001
    array = np.random.default_rng(1).normal(size=shape).astype(np.float32)
    data = array.tobytes() if raw else array.ravel()
    tensor = helper.make_tensor("a.kernel", TensorProto.FLOAT, shape, data, raw=raw)

    np.testing.assert_array_equal(weights.read(graph_of(tensor))["a.kernel"], array)


def test_other_numbers_than_float32_are_left_out() -> None:
    whole = numpy_helper.from_array(np.arange(3), "whole")
    double = numpy_helper.from_array(np.arange(3.0), "double")
    single = numpy_helper.from_array(np.arange(3, dtype=np.float32), "µ")

    assert weights.read(graph_of(whole, double, single)).keys() == {"µ"}


def test_numbers_that_are_not_packed_are_read() -> None:
    # onnx.proto packs them; a reader of Protocol Buffers takes them one by one as well.
    name, numbers = b"\x42\x01a", b"".join(b"\x25" + np.float32(n).tobytes() for n in (1.5, -2))
    tensor = b"\x0a\x01\x02" + b"\x10\x01" + numbers + name
    graph = b"\x2a" + bytes([len(tensor)]) + tensor

    found = weights.read(b"\x3a" + bytes([len(graph)]) + graph)

    assert found["a"].tolist() == [1.5, -2]


def test_a_graph_without_constants_has_none() -> None:
    assert weights.read(graph_of()) == {}
