"""Many clients at once over real connections: every one gets its own answer, also while versions change."""

import itertools
import json
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ServeWith = Callable[..., Any]
Clients = Callable[..., list[Any]]

CLIENTS = 32


@pytest.mark.parametrize("kind", ["png", "npy", "v2"])
def test_2000_known_digits_of_32_clients_at_once_are_answered_as_alone(
    kind: str,
    known: dict[str, np.ndarray],
    serve_with: ServeWith,
    clients: Clients,
    encode: Callable[..., bytes],
    npy: Callable[[np.ndarray], bytes],
) -> None:
    images, alone = known["image"][..., 0], known["probabilities"]
    _, port = serve_with()

    def answered(client: Any, image: np.ndarray) -> list[float]:  # noqa: ANN401
        if kind == "v2":
            header = json.dumps(
                {
                    "inputs": [
                        {
                            "name": "image",
                            "shape": [1, 28, 28, 1],
                            "datatype": "UINT8",
                            "parameters": {"binary_data_size": 784},
                        }
                    ],
                    "outputs": [{"name": "probabilities"}],
                }
            ).encode()
            length = {"Inference-Header-Content-Length": str(len(header))}
            answer = client(
                "/v2/models/lenet5/infer", header + image.tobytes(), "application/octet-stream", **length
            )
            return json.loads(answer[2])["outputs"][0]["data"]
        body, media_type = (
            (encode(image), "image/png") if kind == "png" else (npy(image), "application/x-npy")
        )
        return json.loads(client("/predict", body, media_type)[2])["predictions"][0]["probabilities"]

    def work(client: Any, index: int) -> list[list[float]]:  # noqa: ANN401
        return [answered(client, image) for image in images[index::CLIENTS]]

    found = clients(port, CLIENTS, work)
    for index, answers in enumerate(found):
        np.testing.assert_allclose(np.array(answers), alone[index::CLIENTS], atol=1e-5)


def test_no_request_fails_while_versions_come_and_go(
    serve_with: ServeWith,
    clients: Clients,
    tmp_path: Path,
    digits: np.ndarray,
    encode: Callable[..., bytes],
    copy_packaged: Callable[..., Path],
) -> None:
    models = tmp_path / "models" / "lenet5"

    def publish(version: str) -> None:
        draft = copy_packaged(tmp_path / "drafts" / version, name="lenet5")
        models.mkdir(parents=True, exist_ok=True)
        draft.rename(models / version)

    publish("1")
    _, port = serve_with(model_repository=models.parent, repository_poll_s=0.01)
    pictures = [encode(digit) for digit in digits]
    ended = threading.Event()
    seen: set[str] = set()

    def work(client: Any, index: int) -> int:  # noqa: ANN401
        if index == 0:
            try:
                for version in ("2", "3"):
                    publish(version)
                    while version not in seen:
                        pass
                shutil.rmtree(models / "3")
                seen.clear()
                while "2" not in seen:
                    pass
            finally:
                ended.set()
            return 1
        for number in itertools.count(index):
            status, _, body = client("/predict", pictures[number % 10])
            answer = json.loads(body)
            assert (status, answer["predictions"][0]["digit"]) == (200, number % 10), body
            seen.add(answer["model"]["version"])
            if ended.is_set():
                break
        return number - index

    assert all(count > 0 for count in clients(port, 9, work))
