"""What a program that uses Triton's own client over gRPC is promised."""

import asyncio
import json
import queue
import re
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import tritonclient.grpc as triton
import tritonclient.grpc.aio as triton_aio
from google.protobuf import json_format
from tritonclient.grpc import service_pb2 as messages
from tritonclient.grpc import service_pb2_grpc
from tritonclient.utils import InferenceServerException, np_to_triton_dtype

Run = Callable[[str, np.ndarray], dict[str, np.ndarray]]
Encode = Callable[..., bytes]


@pytest.fixture
def client(address: str, grpc_address: str) -> Iterator[triton.InferenceServerClient]:  # noqa: ARG001  it runs
    with triton.InferenceServerClient(grpc_address) as client:
        yield client


@pytest.fixture
def stub(client: triton.InferenceServerClient) -> service_pb2_grpc.GRPCInferenceServiceStub:
    """The calls themselves, for what the client does not do."""
    return client._client_stub


def tensor(values: np.ndarray) -> triton.InferInput:
    given = triton.InferInput("image", list(values.shape), np_to_triton_dtype(values.dtype))
    return given.set_data_from_numpy(values)


def files(pictures: list[bytes]) -> np.ndarray:
    array = np.empty(len(pictures), object)
    array[:] = pictures
    return array


def rest(address: str, path: str) -> Any:  # noqa: ANN401  JSON is any of six types
    with urllib.request.urlopen(f"{address}{path}") as answer:
        return json.loads(answer.read())


def typed(values: np.ndarray, **contents: list[Any]) -> messages.ModelInferRequest:
    """Ask for everything of the model by a tensor's contents, not by its bytes."""
    given = messages.ModelInferRequest.InferInputTensor(
        name="image", datatype=np_to_triton_dtype(values.dtype), shape=values.shape
    )
    given.contents.CopyFrom(messages.InferTensorContents(**contents))
    return messages.ModelInferRequest(model_name="lenet5", inputs=[given])


def refused(client: triton.InferenceServerClient, values: np.ndarray, **asked: Any) -> str:  # noqa: ANN401
    with pytest.raises(InferenceServerException) as refusal:
        client.infer(asked.pop("model", "lenet5"), [tensor(values)], **asked)
    return str(refusal.value)


def test_the_server_and_its_models_are_live_and_ready(client: triton.InferenceServerClient) -> None:
    assert client.is_server_live()
    assert client.is_server_ready()
    for version in ("", "1", "2"):
        assert client.is_model_ready("lenet5-layers", version)
    assert not client.is_model_ready("lenet5", "3")
    assert not client.is_model_ready("xyzzy")


@pytest.mark.parametrize("path", ["lenet5", "lenet5/versions/1", "lenet5-layers", "lenet5-1998"])
def test_documents_are_those_that_rest_answers(
    path: str, client: triton.InferenceServerClient, address: str
) -> None:
    name, _, version = path.partition("/versions/")
    metadata = json_format.MessageToDict(client.get_model_metadata(name, version))
    config = json_format.MessageToDict(
        client.get_model_config(name, version), preserving_proto_field_name=True
    )["config"]
    expected = json_format.ParseDict(
        rest(address, f"/v2/models/{path}/config"), triton.model_config_pb2.ModelConfig()
    )

    for tensor in metadata["inputs"] + metadata["outputs"]:
        tensor["shape"] = [int(size) for size in tensor["shape"]]
    assert metadata == {
        name: value for name, value in rest(address, f"/v2/models/{path}").items() if name != "parameters"
    }
    assert config == json_format.MessageToDict(expected, preserving_proto_field_name=True)


def test_the_server_tells_what_it_tells_by_rest(client: triton.InferenceServerClient, address: str) -> None:
    assert json_format.MessageToDict(client.get_server_metadata()) == rest(address, "/v2")


def test_statistics_are_those_of_rest_and_count_what_was_asked_by_grpc(
    client: triton.InferenceServerClient, address: str, images: np.ndarray
) -> None:
    (before,) = client.get_inference_statistics("lenet5", "1").model_stats
    client.infer("lenet5", [tensor(images)], model_version="1")
    refused(client, images[0], model_version="1")
    (after,) = client.get_inference_statistics("lenet5", "1").model_stats
    told = rest(address, "/v2/models/lenet5/versions/1/stats")

    assert after.inference_count - before.inference_count == 10
    assert after.inference_stats.success.count - before.inference_stats.success.count == 1
    assert after.inference_stats.fail.count - before.inference_stats.fail.count == 1
    assert json_format.ParseDict(told, messages.ModelStatisticsResponse()).model_stats[0] == after
    assert len(client.get_inference_statistics().model_stats) == 6


def test_a_network_answers_what_it_computes_to_the_last_bit(
    client: triton.InferenceServerClient, images: np.ndarray, run: Run
) -> None:
    for model, file in (("lenet5", "model.onnx"), ("lenet5-layers", "layers.onnx")):
        result = client.infer(model, [tensor(images)])
        expected = run(file, images)
        for output in result.get_response().outputs:
            np.testing.assert_array_equal(result.as_numpy(output.name), expected[output.name])


def test_outputs_come_in_the_order_in_which_they_are_asked_for(
    client: triton.InferenceServerClient, images: np.ndarray, run: Run
) -> None:
    names = ["dense_2", "conv2d_1", "flatten_1"]
    wanted = [triton.InferRequestedOutput(name) for name in names]
    result = client.infer("lenet5-layers", [tensor(images[:2])], outputs=wanted)
    expected = run("layers.onnx", images[:2])

    assert [output.name for output in result.get_response().outputs] == names
    for name in names:
        np.testing.assert_array_equal(result.as_numpy(name), expected[name])


def test_what_comes_as_contents_is_answered_as_contents(
    stub: service_pb2_grpc.GRPCInferenceServiceStub,
    images: np.ndarray,
    encode: Encode,
    run: Run,
) -> None:
    levels = (images / 255).astype(np.float32)
    png = [encode(image[..., 0]) for image in images]
    expected = run("model.onnx", images)
    for request in (
        typed(images, uint_contents=images.ravel().tolist()),
        typed(levels, fp32_contents=levels.ravel().tolist()),
        typed(files(png), bytes_contents=png),
    ):
        response = stub.ModelInfer(request)

        assert not response.raw_output_contents
        for output in response.outputs:
            found = np.array(output.contents.fp32_contents, np.float32).reshape(output.shape)
            np.testing.assert_array_equal(found, expected[output.name])


def test_picture_files_are_answered_as_predict_answers_them(
    client: triton.InferenceServerClient, address: str, pictures: list[bytes]
) -> None:
    found = client.infer("lenet5", [tensor(files(pictures))]).as_numpy("probabilities")
    for picture, probabilities in zip(pictures, found, strict=True):
        request = urllib.request.Request(
            f"{address}/predict", picture, {"Content-Type": "application/octet-stream"}
        )
        with urllib.request.urlopen(request) as answer:
            (prediction,) = json.loads(answer.read())["predictions"]
        np.testing.assert_array_equal(probabilities, np.array(prediction["probabilities"], np.float32))


def test_levels_from_0_to_1_are_taken(
    client: triton.InferenceServerClient, images: np.ndarray, run: Run
) -> None:
    result = client.infer("lenet5", [tensor((images / 255).astype(np.float32))])

    np.testing.assert_array_equal(result.as_numpy("logits"), run("model.onnx", images)["logits"])


def test_classes_are_told_with_their_names(
    client: triton.InferenceServerClient, images: np.ndarray, run: Run
) -> None:
    wanted = [triton.InferRequestedOutput("probabilities", class_count=3)]
    found = client.infer("lenet5", [tensor(images)], outputs=wanted).as_numpy("probabilities")
    expected = run("model.onnx", images)["probabilities"]

    for texts, probabilities in zip(found, expected, strict=True):
        for text, index in zip(texts, np.argsort(-probabilities), strict=False):
            assert text.decode() == f"{probabilities[index]!s}:{index}:{index}"


def test_the_most_images_that_are_taken_are_answered(
    client: triton.InferenceServerClient, images: np.ndarray, run: Run
) -> None:
    many = np.resize(images, (10_240, 28, 28, 1))
    found = client.infer("lenet5", [tensor(many)]).as_numpy("logits")
    expected = run("model.onnx", images)["logits"]

    np.testing.assert_allclose(found, np.resize(expected, (10_240, 10)), atol=1e-4)
    assert "10241 images; at most 10240" in refused(client, np.resize(images, (10_241, 28, 28, 1)))


@pytest.mark.parametrize("algorithm", ["gzip", "deflate"])
def test_messages_may_be_compressed(
    algorithm: str, client: triton.InferenceServerClient, images: np.ndarray, run: Run
) -> None:
    result = client.infer("lenet5", [tensor(images)], compression_algorithm=algorithm)

    np.testing.assert_array_equal(result.as_numpy("logits"), run("model.onnx", images)["logits"])


def test_each_version_answers_when_it_is_named(
    client: triton.InferenceServerClient, images: np.ndarray
) -> None:
    for version, expected in (("", "2"), ("1", "1"), ("2", "2")):
        response = client.infer("lenet5", [tensor(images)], model_version=version).get_response()
        assert (response.model_name, response.model_version) == ("lenet5", expected)


def test_a_request_keeps_its_id_and_gets_one_when_it_has_none(
    client: triton.InferenceServerClient, images: np.ndarray
) -> None:
    assert client.infer("lenet5", [tensor(images)], request_id="one").get_response().id == "one"
    assert re.fullmatch(r"[0-9a-f-]{36}", client.infer("lenet5", [tensor(images)]).get_response().id)


def test_what_cannot_be_taken_is_refused_with_what_would_be_right(
    client: triton.InferenceServerClient, images: np.ndarray
) -> None:
    invalid, missing = "[StatusCode.INVALID_ARGUMENT] ", "[StatusCode.NOT_FOUND] "
    for text, values, asked in (
        (
            missing + "no model of that name is served; there are: lenet5, lenet5-layers",
            images,
            {"model": "xyzzy"},
        ),
        (missing, images, {"model_version": "7"}),
        (invalid + "image as UINT8 has the shape [number, 28, 28, 1]", images[0], {}),
        (invalid + "image as UINT8 has the shape", images[:0], {}),
        (invalid + "image is UINT8 (grey levels", images.astype(np.int32), {}),
        (invalid, files([b"no picture"]), {}),
        (
            invalid + "lenet5 has the outputs probabilities, logits",
            images,
            {"outputs": [triton.InferRequestedOutput("x")]},
        ),
        (invalid, images, {"outputs": [triton.InferRequestedOutput("logits", class_count=-1)]}),
    ):
        assert refused(client, values, **asked).startswith(text)


def test_contents_that_do_not_belong_together_are_refused(
    stub: service_pb2_grpc.GRPCInferenceServiceStub, images: np.ndarray
) -> None:
    levels = images[:1].ravel().tolist()
    elsewhere = typed(images[:1], int_contents=levels)
    both = typed(images[:1], uint_contents=levels)
    both.raw_input_contents.append(images[:1].tobytes())
    short = typed(images[:1], uint_contents=levels[1:])
    too_many = typed(images[:1])
    too_many.raw_input_contents.extend([images[:1].tobytes()] * 2)
    large = typed(images[:1], uint_contents=[256, *levels[1:]])
    negative = typed(images[:1])
    negative.inputs[0].shape[0] = -1
    for request, text in (
        (elsewhere, "UINT8 stands in uint_contents"),
        (both, "expected none beside raw_input_contents"),
        (short, "expected 784 elements"),
        (too_many, "2 raw_input_contents for 1 inputs"),
        (large, "UINT8 holds numbers from 0 to 255"),
        (negative, "sizes of 0 and more"),
    ):
        with pytest.raises(Exception, match=re.escape(text)) as refusal:
            stub.ModelInfer(request)
        assert refusal.value.code().name == "INVALID_ARGUMENT"


def test_models_are_loaded_and_unloaded_as_by_rest(
    client: triton.InferenceServerClient, address: str, images: np.ndarray
) -> None:
    client.load_model("lenet5", config=None)
    try:
        client.unload_model("lenet5-1998")
        states = {(one.name, one.state) for one in client.get_model_repository_index().models}
        assert ("lenet5-1998", "UNAVAILABLE") in states
        assert not client.is_model_ready("lenet5-1998")
        assert "[StatusCode.NOT_FOUND]" in refused(client, images, model="lenet5-1998")
        with urllib.request.urlopen(
            urllib.request.Request(f"{address}/v2/repository/index", b'{"ready": true}')
        ) as answer:
            assert "lenet5-1998" not in {one["name"] for one in json.loads(answer.read())}
    finally:
        client.load_model("lenet5-1998")
    assert client.is_model_ready("lenet5-1998")
    with pytest.raises(InferenceServerException, match="NOT_FOUND"):
        client.load_model("xyzzy")
    with pytest.raises(InferenceServerException, match="models come from the repository's folder alone"):
        client.load_model("lenet5", config="{}")


def test_kserves_messages_name_the_model_in_their_only_field(
    stub: service_pb2_grpc.GRPCInferenceServiceStub,
) -> None:
    # Field 1 of KServe's message is the model's name, and of Triton's the repository's.
    stub.RepositoryModelUnload(messages.RepositoryModelUnloadRequest(repository_name="lenet5-1998"))
    assert not stub.ModelReady(messages.ModelReadyRequest(name="lenet5-1998")).ready
    stub.RepositoryModelLoad(messages.RepositoryModelLoadRequest(repository_name="lenet5-1998"))
    assert stub.ModelReady(messages.ModelReadyRequest(name="lenet5-1998")).ready


def test_a_stream_answers_each_request_and_outlives_those_that_are_wrong(
    client: triton.InferenceServerClient, images: np.ndarray, run: Run
) -> None:
    answers: queue.Queue[tuple[Any, Any]] = queue.Queue()
    client.start_stream(lambda result, error: answers.put((result, error)))
    for index in range(20):
        model = "xyzzy" if index % 5 == 4 else "lenet5"
        client.async_stream_infer(model, [tensor(images[index % 10 :][:1])], request_id=str(index))
    found = [answers.get(timeout=30) for _ in range(20)]
    client.stop_stream()
    expected = run("model.onnx", images)["logits"]

    for index, (result, error) in enumerate(found):
        if index % 5 == 4:
            assert "no model of that name is served" in str(error)
        else:
            assert result.get_response().id == str(index)
            np.testing.assert_array_equal(result.as_numpy("logits"), expected[index % 10][None])


def test_the_asynchronous_client_gets_the_same(
    address: str,  # noqa: ARG001  it runs
    grpc_address: str,
    images: np.ndarray,
    run: Run,
) -> None:
    async def ask() -> list[np.ndarray]:
        async with triton_aio.InferenceServerClient(grpc_address) as client:
            results = await asyncio.gather(
                *(client.infer("lenet5", [tensor(image[None])]) for image in images)
            )
            return [result.as_numpy("logits") for result in results]

    np.testing.assert_allclose(
        np.concatenate(asyncio.run(ask())), run("model.onnx", images)["logits"], atol=1e-4
    )
