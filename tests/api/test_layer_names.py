"""A layer is asked for by its name, whatever characters it has; a name that no URL can have is refused."""

import io
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pytest
from httpx2 import Client

from service.app import create_app
from service.settings import Settings

NAMES = (
    "block/conv",
    "/head/dense/MatMul_output_0",
    "a//b/",
    "kernels",
    "conv/kernels",
    "layers/x/kernels",
    "what?",
    "number #1",
    "100%",
    "100%25",
    "a%2Fb",
    "a+b&c=d;e",
    "..conv..",
    "back\\slash",
    "x" * 256,
    "ebene-für-ziffern",
)
ILLEGAL = ("", ".", "..", "../conv", "block/../conv", "block/.", "a,b", "line\nfeed", "nul\0", "x" * 257)


def model_of(name: str) -> str:
    return f"legal-{NAMES.index(name)}"


@pytest.fixture(scope="module")
def client(
    write_elsewhere: Callable[..., Path],
    settings: Settings,
    listen: Callable[..., AbstractContextManager[int]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Client]:
    """A service with a model for each name, which its last layer has."""
    folder = tmp_path_factory.mktemp("models")
    for name in NAMES:
        write_elsewhere(folder / model_of(name) / "1", last=name)
    for number, name in enumerate(ILLEGAL):
        # Its files are those of a good one.
        card = write_elsewhere(folder / f"illegal-{number}" / "1") / "card.json"
        card.write_text(card.read_text().replace('"dense_1"', json.dumps(name)))
    app = create_app(settings.model_copy(update={"model_repository": folder}))
    # Not in process: Starlette's client decodes a path twice.
    with listen(app, settings) as port, Client(base_url=f"http://127.0.0.1:{port}") as client:
        yield client


@pytest.mark.parametrize("name", NAMES)
def test_its_kernels_are_at_its_name_in_percent_encoding(client: Client, name: str) -> None:
    path = f"/models/{model_of(name)}/layers/{quote(name, safe='')}/kernels"
    answer = client.get(path)
    arrays = client.get(path, headers={"Accept": "application/x-npz"})

    assert answer.status_code == 200
    assert (answer.json()["name"], answer.json()["shape"]) == (name, [1024, 10])
    assert np.load(io.BytesIO(arrays.content))["kernels"].shape == (1024, 10)
    assert client.head(path).status_code == 200
    assert client.post(path, json={}).headers["Allow"] == "GET, HEAD"


def test_its_slashes_may_come_as_they_are_for_proxies_decode_them(client: Client) -> None:
    for name in ("block/conv", "conv/kernels", "layers/x/kernels"):
        answer = client.get(f"/models/{model_of(name)}/layers/{name}/kernels")

        assert answer.json()["name"] == name


@pytest.mark.parametrize("name", NAMES)
def test_its_maps_are_had_by_its_name(
    client: Client, npy: Callable[[np.ndarray], bytes], digits: np.ndarray, name: str
) -> None:
    query = {"model": model_of(name), "layers": f"{name},edges_1"}
    headers = {"Content-Type": "application/x-npy"}
    answer = client.post("/feature-maps", params=query, content=npy(digits[1]), headers=headers)
    arrays = client.post(
        "/feature-maps",
        params=query,
        content=npy(digits[1]),
        headers={**headers, "Accept": "application/x-npz"},
    )

    assert [layer["name"] for layer in answer.json()["images"][0]["layers"]] == ["edges_1", name]
    assert set(np.load(io.BytesIO(arrays.content))) == {"edges_1", name}


def test_a_name_that_no_layer_has_is_answered_with_those_there_are(client: Client) -> None:
    for path in ("block", "block/conv/kernel", "", "block%2fconv/", "block%252Fconv"):
        answer = client.get(f"/models/legal-0/layers/{path}/kernels")

        assert answer.status_code == 404
        assert "there are: edges_1, flatten_1, block/conv" in answer.json()["detail"]


def test_logs_metrics_and_description_name_the_endpoint_without_the_layer(client: Client) -> None:
    client.get("/models/legal-0/layers/block/conv/kernels")
    template = "/models/{name}/layers/{layer}/kernels"

    assert f'route="{template}"' in client.get("/metrics").text
    assert template in client.get("/openapi.json").json()["paths"]


def test_a_name_that_cannot_be_asked_for_is_refused_on_the_card(client: Client) -> None:
    found = {one["name"]: one["reason"] for one in client.get("/models").json()["refused"]}

    assert set(found) == {f"illegal-{number}" for number in range(len(ILLEGAL))}
    for number, name in enumerate(ILLEGAL):
        why = "at most 256 characters" if len(name) > 256 else "no comma, and no . or .. between slashes"
        assert "layers/2/name: " in found[f"illegal-{number}"]
        assert why in found[f"illegal-{number}"]
