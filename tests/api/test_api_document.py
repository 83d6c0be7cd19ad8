"""The OpenAPI document: what clients are generated from."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from httpx2 import Client

from service.application import Application
from service.http.endpoints import Endpoint
from service.server.messages import Response


@pytest.fixture(scope="module")
def document(client: Client) -> dict[str, Any]:
    return client.get("/openapi.json").json()


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for operation in methods.values():
            yield path, operation


def test_every_error_has_a_type_and_a_form_of_its_path(document: dict[str, Any]) -> None:
    for path, operation in operations(document):
        form, name = (
            ("application/json", "ProtocolError")
            if path.startswith(("/v1", "/v2"))
            else ("application/problem+json", "Problem")
        )
        expected = {form: {"schema": {"$ref": f"#/components/schemas/{name}"}}}
        for status, answer in operation["responses"].items():
            # Readiness is told in the same form whether there is any or not.
            is_report = path.endswith("/ready") and status == "503"
            assert status == "200" or is_report or answer["content"] == expected, (path, status)
        assert name in document["components"]["schemas"]


@pytest.mark.parametrize("status", ["400", "408", "414", "429", "431", "503", "default"])
def test_what_any_request_can_be_answered_is_documented_everywhere(
    document: dict[str, Any], status: str
) -> None:
    assert [path for path, operation in operations(document) if status not in operation["responses"]] == []


def test_each_endpoint_tells_the_errors_of_its_own(document: dict[str, Any]) -> None:
    told = {path: set(operation["responses"]) for path, operation in operations(document)}

    assert told["/predict"] >= {"200", "404", "413", "415", "422", "504"}
    assert told["/models/{name}"] >= {"200", "404"}
    assert not told["/health/ready"] & {"404", "413", "415", "422"}


def test_each_endpoint_has_a_name_of_its_own_to_call_it_by(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, operation in operations(document)]

    assert {"predict", "feature_maps", "convolve", "pool", "kernels", "layer_kernels", "v2_infer"} < {*names}
    assert len(set(names)) == len(names)


def test_nothing_of_the_framework_is_in_it(document: dict[str, Any]) -> None:
    assert not {"HTTPValidationError", "ValidationError"} & document["components"]["schemas"].keys()
    assert "FastAPI" not in str(document)


def test_it_is_made_once_when_it_is_asked_for_and_whole_for_all_who_ask(
    assemble: Callable[..., Application],
) -> None:
    asked = []

    def documentation() -> dict[str, Any]:
        asked.append("documentation")
        return {"name": "plain", "summary": "Plain"}

    app = assemble([Endpoint("/plain", lambda _: Response(200), documentation)])
    assert not asked

    with ThreadPoolExecutor(4) as threads:
        documents = list(threads.map(lambda _: app.openapi(), range(4)))

    assert asked == ["documentation"]
    for document in documents:
        assert document["paths"]["/plain"]["post"]["summary"] == "Plain"
        assert "default" in document["paths"]["/plain"]["post"]["responses"]
