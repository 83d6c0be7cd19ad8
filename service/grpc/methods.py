"""What each method of the protocol answers: the documents of ``/v2`` as messages."""

from collections.abc import Awaitable, Callable
from typing import Any

from google.protobuf import json_format
from google.protobuf.message import Message

from service.codecs.pictures import SMALL_BYTES
from service.errors import UnknownNameError
from service.grpc import inference_pb2 as messages
from service.grpc import requests, responses
from service.grpc.calls import Method, Request, Sent, parsed
from service.grpc.setup import Parts
from service.http.context import Stopwatch
from service.v2 import configuration, metadata, outputs, statistics
from service.v2 import repository as model_repository

SERVICE: str = messages.DESCRIPTOR.services_by_name["GRPCInferenceService"].full_name

_PROBES = frozenset({"ServerLive", "ServerReady"})


class Methods:
    """The methods that answer a request, each by a function that is named as it is."""

    def __init__(self, parts: Parts) -> None:
        """Take what answers."""
        self._parts = parts

    def table(self) -> dict[str, Method]:
        """Give every method by its name; those of ``infer`` and streams are the same."""
        answers: dict[str, Callable[[Request], Awaitable[Message]]] = {
            "ServerLive": self._server_live,
            "ServerReady": self._server_ready,
            "ServerMetadata": self._server_metadata,
            "ModelReady": self._model_ready,
            "ModelMetadata": self._model_metadata,
            "ModelConfig": self._model_config,
            "ModelStatistics": self._model_statistics,
            "ModelInfer": self._model_infer,
            "RepositoryIndex": self._repository_index,
            "RepositoryModelLoad": self._repository_model_load,
            "RepositoryModelUnload": self._repository_model_unload,
        }
        return {
            name: Method(f"/{SERVICE}/{name}", answer, "probe" if name in _PROBES else "key")
            for name, answer in answers.items()
        }

    async def _server_live(self, _: Request) -> Message:
        return messages.ServerLiveResponse(live=True)

    async def _server_ready(self, _: Request) -> Message:
        return messages.ServerReadyResponse(ready=self._parts.readiness.ready)

    async def _server_metadata(self, _: Request) -> Message:
        document = metadata.describe_server(self._parts.settings)
        return _filled(messages.ServerMetadataResponse(), document)

    async def _model_ready(self, request: Request) -> Message:
        asked = await self._sent(request, messages.ModelReadyRequest)
        try:
            outputs.find(self._parts.repository, asked.name, asked.version or None)
        except UnknownNameError:
            # As Triton has it: who waits for a model is told that it is not there yet.
            return messages.ModelReadyResponse(ready=False)
        return messages.ModelReadyResponse(ready=self._parts.readiness.ready)

    async def _model_metadata(self, request: Request) -> Message:
        asked = await self._sent(request, messages.ModelMetadataRequest)
        model = outputs.find(self._parts.repository, asked.name, asked.version or None)
        return _filled(messages.ModelMetadataResponse(), metadata.describe(self._parts.repository, model))

    async def _model_config(self, request: Request) -> Message:
        asked = await self._sent(request, messages.ModelConfigRequest)
        model = outputs.find(self._parts.repository, asked.name, asked.version or None)
        document = configuration.describe(model, self._parts.settings)
        return _filled(messages.ModelConfigResponse(), {"config": document})

    async def _model_statistics(self, request: Request) -> Message:
        asked = await self._sent(request, messages.ModelStatisticsRequest)
        versions = statistics.asked(self._parts.repository, asked.name, asked.version or None)
        document = statistics.describe(self._parts.sharing.whole(), versions)
        return _filled(messages.ModelStatisticsResponse(), document)

    async def _model_infer(self, request: Request) -> Message:
        message = await self._sent(request, messages.ModelInferRequest)
        answer = await self._parts.inference.answer(
            message.model_name,
            message.model_version or None,
            lambda _: requests.read(message, self._parts.settings),
            size=len(request.message),
            context=request.context,
        )
        watch = Stopwatch(request.context)
        response = responses.write(answer)
        watch.lap("write")
        return response

    async def _repository_index(self, request: Request) -> Message:
        asked = await self._sent(request, messages.RepositoryIndexRequest)
        found = model_repository.listed(self._parts.repository, only_ready=asked.ready)
        return _filled(messages.RepositoryIndexResponse(), {"models": found})

    async def _repository_model_load(self, request: Request) -> Message:
        asked = await self._sent(request, messages.RepositoryModelLoadRequest)
        # KServe's message has the model's name where Triton's has the repository's.
        name = asked.model_name or asked.repository_name
        await self._parts.changes.load(name, requests.parameters(asked.parameters))
        return messages.RepositoryModelLoadResponse(model_name=name, isLoaded=True)

    async def _repository_model_unload(self, request: Request) -> Message:
        asked = await self._sent(request, messages.RepositoryModelUnloadRequest)
        name = asked.model_name or asked.repository_name
        await self._parts.changes.unload(name, requests.parameters(asked.parameters))
        return messages.RepositoryModelUnloadResponse(model_name=name, isUnloaded=True)

    async def _sent(self, request: Request, kind: type[Sent]) -> Sent:
        """
        Parse a request: a large one on a thread.

        Raises:
            SyntaxRefusedError: It is no message of that kind.
        """
        if len(request.message) <= SMALL_BYTES:
            return parsed(request.message, kind)
        return await self._parts.parsing.run(lambda: parsed(request.message, kind), origin=request.context)


def _filled(message: Message, document: dict[str, Any]) -> Message:
    """Fill a message from a document of REST's, which may have members that the message has no field for."""
    return json_format.ParseDict(document, message, ignore_unknown_fields=True)
