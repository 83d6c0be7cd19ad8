"""What a program that uses Triton's own client over HTTP is promised."""

import asyncio
import gzip
import json
import re
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tritonclient.http as triton
import tritonclient.http.aio as triton_aio
from google.protobuf import json_format
from tritonclient.grpc.model_config_pb2 import DataType, ModelConfig
from tritonclient.grpc.service_pb2 import ModelStatisticsResponse
from tritonclient.utils import InferenceServerException, np_to_triton_dtype

import service
from service.settings import PACKAGED_1998

SERVED = {
    **dict.fromkeys(("lenet5", "lenet5-layers"), ("1", "2")),
    **dict.fromkeys(("lenet5-1998", "lenet5-1998-layers"), (PACKAGED_1998.name,)),
}
"""Versions by model: those of the tests' repository, and the package's other recogniser beneath it."""

Run = Callable[[str, np.ndarray], dict[str, np.ndarray]]
Encode = Callable[..., bytes]

LAYERS = (
    "conv2d_1",
    "average_pooling2d_1",
    "conv2d_2",
    "average_pooling2d_2",
    "conv2d_3",
    "flatten_1",
    "dense_1",
    "dense_2",
)


@pytest.fixture
def client(address: str) -> Iterator[triton.InferenceServerClient]:
    with triton.InferenceServerClient(address.removeprefix("http://"), concurrency=4) as client:
        yield client


def tensor(values: np.ndarray, *, binary: bool = True) -> triton.InferInput:
    given = triton.InferInput("image", list(values.shape), np_to_triton_dtype(values.dtype))
    return given.set_data_from_numpy(values, binary_data=binary)


def files(pictures: list[bytes]) -> np.ndarray:
    array = np.empty(len(pictures), object)
    array[:] = pictures
    return array


def post(url: str, body: bytes, headers: dict[str, str]) -> tuple[bytes, Any]:
    with urllib.request.urlopen(urllib.request.Request(url, body, headers)) as answer:
        return answer.read(), answer.headers


def test_the_server_tells_who_it_is_and_that_it_answers(client: triton.InferenceServerClient) -> None:
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.get_server_metadata() == {
        "name": "lenet5-service",
        "version": service.__version__,
        "extensions": [
            *("binary_tensor_data", "classification", "model_configuration", "statistics"),
            "model_repository",
        ],
    }


def test_a_model_tells_its_versions_inputs_and_outputs(client: triton.InferenceServerClient) -> None:
    for version in ("", "1", "2"):
        assert client.is_model_ready("lenet5", version)
        assert client.get_model_metadata("lenet5", version) == {
            "name": "lenet5",
            "versions": ["1", "2"],
            "platform": "onnx_onnxv1",
            "inputs": [{"name": "image", "datatype": "UINT8", "shape": [-1, 28, 28, 1]}],
            "outputs": [
                {"name": "probabilities", "datatype": "FP32", "shape": [-1, 10]},
                {"name": "logits", "datatype": "FP32", "shape": [-1, 10]},
            ],
        }


def test_the_layers_are_a_model_whose_outputs_have_the_shapes_that_come(
    client: triton.InferenceServerClient, images: np.ndarray
) -> None:
    outputs = client.get_model_metadata("lenet5-layers")["outputs"]
    result = client.infer("lenet5-layers", [tensor(images)])

    assert tuple(output["name"] for output in outputs) == LAYERS
    for output in outputs:
        assert result.as_numpy(output["name"]).shape == (10, *output["shape"][1:])
        assert result.get_output(output["name"])["datatype"] == output["datatype"]


@pytest.mark.parametrize("version", ["", "1"])
@pytest.mark.parametrize("model", ["lenet5", "lenet5-layers"])
def test_a_models_configuration_is_tritons_and_says_what_its_metadata_say(
    model: str, version: str, client: triton.InferenceServerClient
) -> None:
    told = client.get_model_config(model, version)
    metadata = client.get_model_metadata(model, version)
    # Refuses members that Triton has not, and values of other types.
    configuration = json_format.ParseDict(told, ModelConfig())

    assert configuration.name == model
    assert configuration.platform == "onnxruntime_onnx"
    assert configuration.backend == "onnxruntime"
    assert configuration.max_batch_size > 1
    assert configuration.version_policy.latest.num_versions == 10
    assert configuration.HasField("dynamic_batching") is (model == "lenet5")
    for tensors, name in ((configuration.input, "inputs"), (configuration.output, "outputs")):
        # Of a model that has a largest batch, Triton's dimensions leave the batch out.
        assert [
            {
                "name": one.name,
                "datatype": DataType.Name(one.data_type).removeprefix("TYPE_"),
                "shape": [-1, *one.dims],
            }
            for one in tensors
        ] == metadata[name]


def statistics(client: triton.InferenceServerClient, model: str, version: str) -> Any:  # noqa: ANN401
    """Get the statistics of a version; what Triton has no name for is refused by its own types."""
    told = client.get_inference_statistics(model, version)
    (found,) = json_format.ParseDict(told, ModelStatisticsResponse()).model_stats
    assert (found.name, found.version) == (model, version)
    return found


def test_statistics_count_requests_images_and_runs_of_each_version(
    client: triton.InferenceServerClient, address: str, images: np.ndarray, encode: Encode
) -> None:
    began = time.time()
    before = statistics(client, "lenet5", "1")
    others = statistics(client, "lenet5", "2"), statistics(client, "lenet5-layers", "2")
    for number in (1, 10, 10, 64, 100):
        client.infer("lenet5", [tensor(np.resize(images, (number, 28, 28, 1)))], model_version="1")
    refusal(client, images[0], model_version="1")
    client.infer("lenet5-layers", [tensor(images)], model_version="2")
    post(f"{address}/predict?version=2", encode(images[0, ..., 0]), {"Content-Type": "image/png"})
    after = statistics(client, "lenet5", "1")
    later = statistics(client, "lenet5", "2"), statistics(client, "lenet5-layers", "2")

    assert after.inference_count - before.inference_count == 185
    assert after.execution_count - before.execution_count == 6
    assert after.inference_stats.success.count - before.inference_stats.success.count == 5
    assert after.inference_stats.fail.count - before.inference_stats.fail.count == 1
    assert began < after.last_inference / 1e3 < time.time()
    sizes = [
        {one.batch_size: one.compute_infer.count for one in each.batch_stats} for each in (before, after)
    ]
    grown = {size: number - sizes[0].get(size, 0) for size, number in sizes[1].items()}
    assert {size: number for size, number in grown.items() if number} == {1: 1, 10: 2, 36: 1, 64: 2}
    for stage in ("success", "queue", "compute_input", "compute_infer", "compute_output"):
        assert getattr(after.inference_stats, stage).ns > getattr(before.inference_stats, stage).ns
    parts = ("queue", "compute_input", "compute_infer", "compute_output")
    assert sum(getattr(after.inference_stats, part).ns for part in parts) <= after.inference_stats.success.ns
    assert [new.inference_count - old.inference_count for old, new in zip(others, later, strict=True)] == [
        1,
        10,
    ]


def test_runs_that_requests_share_are_counted_once(
    client: triton.InferenceServerClient, images: np.ndarray
) -> None:
    before = statistics(client, "lenet5", "1")
    handles = [
        client.async_infer("lenet5", [tensor(images[:number])], model_version="1")
        for number in (1, 2, 3, 5, 7) * 20
    ]
    for handle in handles:
        handle.get_result()
    after = statistics(client, "lenet5", "1")
    runs = [sum(one.compute_infer.count for one in each.batch_stats) for each in (before, after)]
    rows = [
        sum(one.compute_infer.count * one.batch_size for one in each.batch_stats) for each in (before, after)
    ]

    assert after.inference_stats.success.count - before.inference_stats.success.count == 100
    assert rows[1] - rows[0] == after.inference_count - before.inference_count == 360
    assert runs[1] - runs[0] == after.execution_count - before.execution_count <= 100


def test_statistics_of_all_that_is_served_are_told_together(client: triton.InferenceServerClient) -> None:
    told = client.get_inference_statistics()["model_stats"]

    assert [(one["name"], one["version"]) for one in told] == [
        (name, version) for name, versions in SERVED.items() for version in versions
    ]
    assert client.get_inference_statistics("lenet5-layers")["model_stats"] == told[2:4]
    with pytest.raises(InferenceServerException, match=r"\[404\].*there are"):
        client.get_inference_statistics("xyzzy")


@pytest.mark.parametrize("binary_in", [True, False])
@pytest.mark.parametrize("binary_out", [True, False])
def test_every_form_answers_what_the_network_computes_to_the_last_bit(
    binary_in: bool,  # noqa: FBT001  the test is for both
    binary_out: bool,  # noqa: FBT001
    client: triton.InferenceServerClient,
    images: np.ndarray,
    run: Run,
) -> None:
    wanted = [
        triton.InferRequestedOutput(name, binary_data=binary_out) for name in ("logits", "probabilities")
    ]
    result = client.infer("lenet5", [tensor(images, binary=binary_in)], outputs=wanted)
    expected = run("model.onnx", images)

    assert [output["name"] for output in result.get_response()["outputs"]] == ["logits", "probabilities"]
    for name in ("logits", "probabilities"):
        assert ("data" in result.get_output(name)) is not binary_out
        found = result.as_numpy(name)
        assert found.dtype == np.float32
        np.testing.assert_array_equal(found, expected[name])


def test_without_arguments_everything_comes_in_binary(
    client: triton.InferenceServerClient, images: np.ndarray, run: Run
) -> None:
    result = client.infer("lenet5", [tensor(images[:1])])
    response = result.get_response()
    expected = run("model.onnx", images[:1])

    assert [output["parameters"] for output in response["outputs"]] == [{"binary_data_size": 40}] * 2
    assert (response["model_name"], response["model_version"]) == ("lenet5", "2")
    assert response["id"]
    for name in ("probabilities", "logits"):
        np.testing.assert_array_equal(result.as_numpy(name), expected[name])


def test_json_and_binary_outputs_mix(
    client: triton.InferenceServerClient, images: np.ndarray, run: Run
) -> None:
    wanted = [
        triton.InferRequestedOutput("dense_2", binary_data=True),
        triton.InferRequestedOutput("flatten_1", binary_data=False),
        triton.InferRequestedOutput("dense_1", binary_data=True),
    ]
    result = client.infer("lenet5-layers", [tensor(images[:2])], outputs=wanted)
    expected = run("layers.onnx", images[:2])

    for one in wanted:
        np.testing.assert_array_equal(result.as_numpy(one.name()), expected[one.name()])


def test_feature_maps_are_named_outputs(
    client: triton.InferenceServerClient, images: np.ndarray, run: Run
) -> None:
    expected = run("layers.onnx", images)
    for name in LAYERS:
        result = client.infer("lenet5-layers", [tensor(images)], outputs=[triton.InferRequestedOutput(name)])

        np.testing.assert_array_equal(result.as_numpy(name), expected[name])
        assert len(result.get_response()["outputs"]) == 1


def test_picture_files_are_answered_as_predict_answers_them(
    client: triton.InferenceServerClient, address: str, pictures: list[bytes]
) -> None:
    result = client.infer("lenet5", [tensor(files(pictures))])
    expected = []
    prepared = []
    for picture in pictures:
        body, _ = post(
            f"{address}/predict?include=prepared", picture, {"Content-Type": "application/octet-stream"}
        )
        prediction = json.loads(body)["predictions"][0]
        expected.append(np.array(prediction["probabilities"], np.float32))
        prepared.append(prediction["digit"])

    assert prepared == [0, 1, 2, 3]
    np.testing.assert_array_equal(result.as_numpy("probabilities"), np.stack(expected))


@pytest.mark.parametrize("binary", [True, False])
def test_levels_from_0_to_1_are_taken_as_numpys_files_are(
    binary: bool,  # noqa: FBT001  the test is for both
    client: triton.InferenceServerClient,
    images: np.ndarray,
    run: Run,
) -> None:
    result = client.infer("lenet5", [tensor((images / 255).astype(np.float32), binary=binary)])

    np.testing.assert_array_equal(result.as_numpy("logits"), run("model.onnx", images)["logits"])


def test_pictures_and_ready_images_agree_on_what_a_layer_makes_of_them(
    client: triton.InferenceServerClient, images: np.ndarray, encode: Encode
) -> None:
    wanted = [triton.InferRequestedOutput("conv2d_1")]
    of_files = client.infer(
        "lenet5-layers", [tensor(files([encode(image[..., 0]) for image in images]))], outputs=wanted
    )
    of_images = client.infer("lenet5-layers", [tensor(images)], outputs=wanted)

    np.testing.assert_array_equal(of_files.as_numpy("conv2d_1"), of_images.as_numpy("conv2d_1"))


@pytest.mark.parametrize(("version", "answered"), [("", "2"), ("1", "1"), ("2", "2")])
def test_a_version_is_answered_by_itself_and_none_by_the_newest(
    version: str, answered: str, client: triton.InferenceServerClient, images: np.ndarray
) -> None:
    for name in ("lenet5", "lenet5-layers"):
        response = client.infer(name, [tensor(images)], model_version=version).get_response()

        assert (response["model_name"], response["model_version"]) == (name, answered)


def test_the_id_of_a_request_comes_back(client: triton.InferenceServerClient, images: np.ndarray) -> None:
    for name in ("one", "Zwölf", 'a/b "c"', "\u202e"):
        assert client.infer("lenet5", [tensor(images)], request_id=name).get_response()["id"] == name


def test_parameters_that_mean_nothing_here_are_let_pass(
    client: triton.InferenceServerClient, images: np.ndarray
) -> None:
    result = client.infer(
        "lenet5",
        [tensor(images)],
        sequence_id=5,
        sequence_start=True,
        priority=3,
        timeout=1000,
        query_params={"test": ["1", "2"]},
        parameters={"mine": "yes", "count": 2, "share": 0.5},
    )

    assert result.as_numpy("probabilities").argmax(axis=1).tolist() == list(range(10))


@pytest.mark.parametrize("binary", [True, False])
def test_classification_gives_the_most_probable_classes_first(
    binary: bool,  # noqa: FBT001  the test is for both
    client: triton.InferenceServerClient,
    images: np.ndarray,
    run: Run,
) -> None:
    wanted = [triton.InferRequestedOutput("probabilities", binary_data=binary, class_count=3)]
    result = client.infer("lenet5", [tensor(images)], outputs=wanted)
    found = result.as_numpy("probabilities")
    probabilities = run("model.onnx", images)["probabilities"]

    assert result.get_output("probabilities")["datatype"] == "BYTES"
    assert found.shape == (10, 3)
    for texts, expected in zip(found, probabilities, strict=True):
        told = [(text.decode() if binary else text).split(":") for text in texts]
        assert [int(index) for _, index, _ in told] == sorted(range(10), key=lambda i: -expected[i])[:3]
        assert [label for *_, label in told] == [index for _, index, _ in told]
        assert [np.float32(value) for value, *_ in told] == sorted(expected, reverse=True)[:3]


def test_more_classes_than_there_are_give_them_all(
    client: triton.InferenceServerClient, images: np.ndarray
) -> None:
    for model, output in (("lenet5", "logits"), ("lenet5-layers", "dense_2")):
        wanted = [triton.InferRequestedOutput(output, class_count=1000)]

        assert client.infer(model, [tensor(images)], outputs=wanted).as_numpy(output).shape == (10, 10)


def test_many_requests_at_a_time_are_each_answered_for_themselves(
    client: triton.InferenceServerClient, images: np.ndarray, run: Run
) -> None:
    handles = [client.async_infer("lenet5", [tensor(image[None])]) for image in images for _ in range(3)]
    expected = [run("model.onnx", image[None])["probabilities"] for image in images for _ in range(3)]

    for handle, probabilities in zip(handles, expected, strict=True):
        np.testing.assert_array_equal(handle.get_result().as_numpy("probabilities"), probabilities)


def test_a_generated_body_may_be_sent_by_any_client(address: str, images: np.ndarray, run: Run) -> None:
    body, length = triton.InferenceServerClient.generate_request_body([tensor(images)], request_id="mine")
    answer, headers = post(
        f"{address}/v2/models/lenet5/infer",
        body,
        {"Inference-Header-Content-Length": str(length), "Content-Type": "application/octet-stream"},
    )
    result = triton.InferenceServerClient.parse_response_body(
        answer, header_length=int(headers["Inference-Header-Content-Length"])
    )

    assert headers["Content-Type"] == "application/octet-stream"
    assert result.get_response()["id"] == "mine"
    np.testing.assert_array_equal(
        result.as_numpy("probabilities"), run("model.onnx", images)["probabilities"]
    )


def test_a_body_may_be_one_image_and_nothing_else(address: str, images: np.ndarray, run: Run) -> None:
    answer, headers = post(
        f"{address}/v2/models/lenet5/infer",
        images[7].tobytes(),
        {"Inference-Header-Content-Length": "0", "Content-Type": "application/octet-stream"},
    )
    result = triton.InferenceServerClient.parse_response_body(
        answer, header_length=int(headers["Inference-Header-Content-Length"])
    )

    for name in ("probabilities", "logits"):
        np.testing.assert_array_equal(result.as_numpy(name), run("model.onnx", images[7:8])[name])


def test_ten_thousand_images_fit_into_one_request(
    client: triton.InferenceServerClient, images: np.ndarray, run: Run
) -> None:
    many = np.concatenate([np.resize(images[:, ::-1], (10_239, 28, 28, 1)), images[7:8]])
    found = client.infer("lenet5", [tensor(many)]).as_numpy("probabilities")

    assert found.shape == (10_240, 10)
    # The service runs 64 at a time: so does the comparison, to the last bit.
    for start in (0, 5_120, 10_176):
        expected = run("model.onnx", many[start : start + 64])["probabilities"]
        np.testing.assert_array_equal(found[start : start + 64], expected)
    assert refusal(client, np.concatenate([many, images[:1]])).status() == "413"


def refusal(
    client: triton.InferenceServerClient,
    values: np.ndarray,
    model: str = "lenet5",
    **arguments: Any,  # noqa: ANN401
) -> InferenceServerException:
    with pytest.raises(InferenceServerException) as error:
        client.infer(model, [tensor(values)], **arguments)
    return error.value


@pytest.mark.parametrize(
    ("model", "version", "words"),
    [
        ("xyzzy", "", "there are: lenet5, lenet5-layers"),
        ("lenet5", "3", "there are: 1, 2"),
        ("lenet5-layers", "01", "there are: 1, 2"),
        ("-layers", "", "there are: lenet5, lenet5-layers"),
        ("lenet5-layers-layers", "", "there are: lenet5, lenet5-layers"),
    ],
)
def test_what_is_not_served_is_told_from_what_is(
    model: str, version: str, words: str, client: triton.InferenceServerClient, images: np.ndarray
) -> None:
    error = refusal(client, images, model, model_version=version)

    assert error.status() == "404"
    assert words in error.message()
    assert not client.is_model_ready(model, version)
    with pytest.raises(InferenceServerException, match=r"\[404\].*there are"):
        client.get_model_metadata(model, version)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (np.full((1, 28, 28, 1), 1.5, np.float32), "floats are from 0 to 1"),
        (np.zeros((1, 28, 28), np.float32), r"FP32 has the shape \[number, 28, 28, 1\]"),
        (np.zeros((1, 28, 28, 1), np.int64), "image is UINT8 .* or BYTES"),
        (np.zeros((1, 28, 28, 1), np.float16), "image is UINT8 .* or BYTES"),
        (np.zeros((1, 28, 28, 1), bool), "image is UINT8 .* or BYTES"),
        (np.zeros((28, 28), np.uint8), r"shape \[number, 28, 28, 1\]"),
        (np.zeros((1, 1, 28, 28), np.uint8), r"shape \[number, 28, 28, 1\]"),
        (np.zeros((0, 28, 28, 1), np.uint8), "at least one image"),
        (files([]), "at least one image"),
        (np.array([[[b"xyzzy"]]], object), r"shape \[number\]"),
        (np.array([[b"xyzzy"]], object), "#/inputs/0/data/0"),
        (files([b"xyzzy"]), "#/inputs/0/data/0"),
        (files([b""]), "#/inputs/0/data/0"),
    ],
)
def test_what_the_input_is_not_is_a_bad_request(
    values: np.ndarray, words: str, client: triton.InferenceServerClient
) -> None:
    error = refusal(client, values)

    assert error.status() == "400"
    assert re.search(words, error.message())
    assert "xyzzy" not in error.message()
    assert client.is_server_live()


def test_too_many_pictures_are_refused(client: triton.InferenceServerClient, pictures: list[bytes]) -> None:
    error = refusal(client, files(pictures[:1] * 65))

    assert error.status() == "413"
    assert "at most 64" in error.message()


@pytest.mark.parametrize("algorithm", ["gzip", "deflate"])
@pytest.mark.parametrize("binary", [True, False])
def test_a_request_may_be_compressed(
    algorithm: str,
    binary: bool,  # noqa: FBT001  the test is for both
    client: triton.InferenceServerClient,
    images: np.ndarray,
    run: Run,
) -> None:
    many = np.resize(images, (1_000 if binary else 10, 28, 28, 1))
    result = client.infer(
        "lenet5",
        [tensor(many, binary=binary)],
        request_compression_algorithm=algorithm,
        response_compression_algorithm=algorithm,
    )

    np.testing.assert_array_equal(result.as_numpy("logits")[:10], run("model.onnx", many[:64])["logits"][:10])


def test_too_much_that_was_compressed_is_refused(client: triton.InferenceServerClient) -> None:
    many = np.zeros((10_700, 28, 28, 1), np.uint8)
    for algorithm in ("gzip", "deflate"):
        error = refusal(client, many, request_compression_algorithm=algorithm)

        assert error.status() == "413"
        assert "larger than 8388608 bytes" in error.message()


def test_asyncios_client_is_answered_as_well(address: str, images: np.ndarray, run: Run) -> None:
    async def ask() -> list[triton.InferResult]:
        async with triton_aio.InferenceServerClient(address.removeprefix("http://")) as client:
            assert await client.is_model_ready("lenet5")
            return await asyncio.gather(
                *(
                    client.infer("lenet5", [tensor(images[:number])], request_compression_algorithm=algorithm)
                    for number in range(1, 11)
                    for algorithm in (None, "gzip", "deflate")
                )
            )

    for result in asyncio.run(ask()):
        found = result.as_numpy("logits")

        np.testing.assert_array_equal(found, run("model.onnx", images[: len(found)])["logits"])


def test_a_body_that_says_nothing_of_its_compression_is_no_json(address: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as error:
        post(f"{address}/v2/models/lenet5/infer", gzip.compress(b"{}"), {"Content-Type": "application/json"})

    assert error.value.code == 400
    assert json.load(error.value).keys() == {"error"}


def test_shared_memory_is_refused_in_words(client: triton.InferenceServerClient, images: np.ndarray) -> None:
    wanted = triton.InferRequestedOutput("logits")
    wanted.set_shared_memory("region", 40)
    given = triton.InferInput("image", [1, 28, 28, 1], "UINT8")
    given.set_shared_memory("region", 784)

    assert "shared memory is not offered" in refusal(client, images, outputs=[wanted]).message()
    with pytest.raises(InferenceServerException, match=r"\[400\].*shared memory is not offered"):
        client.infer("lenet5", [given])


def test_what_is_not_offered_is_told_in_the_protocols_form(client: triton.InferenceServerClient) -> None:
    for call in (
        client.get_trace_settings,
        client.get_log_settings,
        client.get_system_shared_memory_status,
        lambda: client.load_model("lenet5", config="{}"),
        lambda: client.load_model("lenet5", config="{}", files={"file:1/model.onnx": b"xyzzy"}),
    ):
        with pytest.raises(InferenceServerException, match=r"\[40[04]\] [a-z]"):
            call()


def index(*unavailable: str) -> list[dict[str, str]]:
    """Give the index of a repository in which some models were unloaded."""
    named = [
        *((name, "READY", "") for name in SERVED if name not in unavailable),
        *((name, "UNAVAILABLE", "unloaded") for name in SERVED if name in unavailable),
    ]
    return [
        {"name": name, "version": version, "state": state, "reason": reason}
        for name, state, reason in named
        for version in SERVED[name]
    ]


def ready(address: str) -> list[str]:
    """Ask the probe which models answer."""
    with urllib.request.urlopen(f"{address}/health/ready") as answer:
        return [one["name"] for one in json.load(answer)["models"]]


@pytest.fixture
def folder(repository: Path, tmp_path: Path) -> Path:
    """A repository whose models a test may unload."""
    return shutil.copytree(repository, tmp_path / "models")


@pytest.fixture
def changeable(serve: Callable[..., str], folder: Path) -> str:
    """The address of its service."""
    return serve(LENET_MODEL_REPOSITORY=str(folder), LENET_REPOSITORY_API="on", LENET_DEVICE="cpu")


def test_models_are_unloaded_and_loaded(changeable: str, images: np.ndarray) -> None:
    with triton.InferenceServerClient(changeable.removeprefix("http://")) as client:
        assert client.get_model_repository_index() == index()
        assert ready(changeable) == ["ink", "lenet5", "lenet5-1998"]

        client.unload_model("lenet5")
        # Its layers are those of a network that is not there.
        assert client.get_model_repository_index() == index("lenet5", "lenet5-layers")
        assert ready(changeable) == ["ink", "lenet5-1998"]
        assert client.is_server_ready()
        for name in ("lenet5", "lenet5-layers"):
            assert not client.is_model_ready(name)
            assert refusal(client, images, name).status() == "404"
            with pytest.raises(InferenceServerException, match=r"\[404\]"):
                client.unload_model(name)

        client.load_model("lenet5")
        assert client.get_model_repository_index() == index()
        assert ready(changeable) == ["ink", "lenet5", "lenet5-1998"]
        assert client.infer("lenet5", [tensor(images)]).as_numpy("logits").shape == (10, 10)
        for name in ("xyzzy", "..", "xyzzy-layers", "ink-layers", "lenet5-layers-layers", "*"):
            for change in (client.load_model, client.unload_model):
                with pytest.raises(InferenceServerException, match=r"\[404\]"):
                    change(name)


def test_layers_are_unloaded_and_loaded_alone(
    changeable: str, serve: Callable[..., str], folder: Path, images: np.ndarray
) -> None:
    with triton.InferenceServerClient(changeable.removeprefix("http://")) as client:
        client.unload_model("lenet5-layers")
        assert client.get_model_repository_index() == index("lenet5-layers")
        assert not client.is_model_ready("lenet5-layers")
        assert refusal(client, images, "lenet5-layers").status() == "404"
        assert client.infer("lenet5", [tensor(images)]).as_numpy("logits").shape == (10, 10)
        with pytest.raises(InferenceServerException, match=r"\[404\].*not served"):
            client.unload_model("lenet5-layers")

        # Another service of the repository, started now, does the same.
        other = serve(LENET_MODEL_REPOSITORY=str(folder), LENET_DEVICE="cpu")
        with triton.InferenceServerClient(other.removeprefix("http://")) as elsewhere:
            assert elsewhere.get_model_repository_index() == index("lenet5-layers")

            client.load_model("lenet5-layers")
            while not elsewhere.is_model_ready("lenet5-layers"):
                pass
        assert client.get_model_repository_index() == index()

        client.unload_model("lenet5")
        client.load_model("lenet5-layers")
        # What has the layers comes with them.
        assert client.get_model_repository_index() == index()
