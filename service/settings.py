"""Every setting of the service: from ``LENET_*`` and ``.env`` into one checked, frozen object."""

import os
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from dotenv import dotenv_values
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from service.errors import SettingsError

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

PACKAGED_MODELS = Path(__file__).parent / "models"
"""The models that come with the package; they are served beneath those of the repository."""

PACKAGED_RECOGNISER = PACKAGED_MODELS / "lenet5" / "5"
"""The version of the recogniser that comes with the package."""

PACKAGED_1998 = PACKAGED_MODELS / "lenet5-1998" / "2"
"""That of LeNet-5 as it was published."""

PACKAGED_INK = PACKAGED_MODELS / "ink" / "2"
"""That of the network that finds ink."""

PREFIX = "LENET_"
MIB = 2**20

CANNOT_START = 3
"""Exit status when settings, device or models are at fault; uvicorn's own for a failed start, at which it
does not start a worker again."""

_ORIGINS = r"^(https?://[^\s,/]+(,https?://[^\s,/]+)*)?$"


def _networks(text: str) -> str:
    for one in text.split(","):
        if one.strip():
            ip_network(one.strip())
    return text


Networks = Annotated[str, AfterValidator(_networks)]
Positive = Annotated[int, Field(gt=0)]
Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Limits(BaseModel):
    """What one request may cost. A request over a limit is refused before the work begins."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    max_body_bytes: Positive = 8 * MIB
    """Largest body of a file, a form or an array: a phone's JPEG has 3 to 6 MiB."""

    max_json_bytes: Positive = 4 * MIB
    """Largest JSON body: a picture of 1,000x1,000 as numbers, or one of 3 MiB in base64."""

    max_json_depth: Annotated[int, Field(gt=0, le=64)] = 32
    """Deepest nesting of a JSON body: pixels need four levels. At most 64, as many axes as NumPy has."""

    max_json_values: Positive = 10_000
    """Most values of a JSON body of more than 64 KiB, beside numbers in long lists of equal length: texts,
    members, lists. What walks or drops them does it in one go, in which nothing else is done; layers of a
    network have 2,000."""

    max_images: Positive = 64
    """Most picture files in one request: each is decoded and prepared by itself."""

    max_ready_images: Positive = 10_240
    """Most ready images in one array: the 10,000 of MNIST's test set fit."""

    max_parts: Positive = 80
    """Most parts of a form, before any of them is looked at."""

    max_part_headers: Positive = 8
    """Most headers of one part of a form: browsers and curl send two or three."""

    max_tensors: Positive = 64
    """Most inputs, and most outputs, that a request of the Open Inference Protocol may name: a network has
    one input and eight layers."""

    max_image_pixels: Positive = 16_800_000
    """Most pixels of one picture: phones take 12 million, and a pixel takes up to 4 bytes. Of 16 bits a
    channel it may take more, and counts as much more: 1.5 in colour, 2 with alpha."""

    max_image_side: Positive = 8_192
    """Longest side of a picture, pixels."""

    max_request_pixels: Positive = 32_000_000
    """Most pixels of all pictures in one request together, counted as for one."""

    max_operation_pixels: Positive = 4_194_304
    """Most pixels of a picture to convolve or pool: 2048x2048, as float32 16 MiB a channel."""

    max_kernel_taps: Positive = 961
    """Most numbers in one kernel or pooling window: 31x31, or a signal's filter as long."""

    max_kernel_elements: Positive = 65_536
    """Most numbers in all kernels of a request together: LeNet-5's largest layer has 48,000."""

    max_stride: Positive = 64
    """Largest stride: beyond it hardly anything of a picture is left."""

    max_dilation: Positive = 32
    """Largest dilation: a 3x3 kernel spans 65 cells with it."""

    max_padding: Positive = 64
    """Most cells of padding that can be asked for on one side, in numbers."""

    max_macs: Positive = 500_000_000
    """Most multiply-adds of an operation: a quarter of a second on a slow processor. 16 kernels 5x5 on
    3x512x512 are 310 million; the lecture's 100 kernels (line 678) take 1,935,480,000, with 25,806,400
    numbers in the answer and 128 MiB of work memory, which have limits of their own."""

    max_work_bytes: Positive = 64 * MIB
    """Most memory for an operation's input, padded input, kernels and output."""

    max_json_numbers: Positive = 262_144
    """Most numbers in a JSON answer: writing them holds the interpreter, about 7 ms for so many."""

    max_array_numbers: Positive = 4_194_304
    """Most numbers in an answer of arrays: 16 MiB of float32."""

    max_header_bytes: Positive = 16_384
    """Most bytes of all request headers together: as much as h11 takes."""

    max_headers: Positive = 100
    """Most request headers."""

    max_target_bytes: Positive = 8_192
    """Longest request target (path and query): as nginx' lines."""

    header_deadline_s: Seconds = 10
    """Time for the request line and headers to arrive."""

    body_deadline_s: Seconds = 30
    """Time for the body to arrive."""

    write_deadline_s: Seconds = 30
    """Time for a client to go on reading an answer that it does not take."""


class Settings(Limits):
    """How the service runs."""

    host: str = "127.0.0.1"
    """Address to listen on; 0.0.0.0 in a container, :: for IPv4 and IPv6."""

    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    """Port to listen on; 0 takes a free one."""

    grpc_port: Annotated[int, Field(ge=0, le=65535)] = 0
    """Port on which the Open Inference Protocol is spoken over gRPC, at the same address; 0 speaks none, the
    image has 8001. Needs the extra ``grpc``."""

    root_path: Annotated[str, Field(pattern=r"^(/[^\s/?#]+)*$")] = ""
    """Path below which a proxy offers the service, and which it takes off before it hands a request on, such
    as ``/digits``. Pages find everything without it; the addresses of problems and of the API in
    ``openapi.json`` begin with it."""

    model_repository: Path = PACKAGED_MODELS
    """Folder of ``<model>/<version>/`` directories; the package's are served beneath it, but for models of
    which it has a version that can be served. It has to be there, and may be empty."""

    max_model_bytes: Positive = 16 * MIB
    """Largest file of a version: those of the packaged network have 1 MiB."""

    model: str = ""
    """The model that answers when a request names none: by default the only one that reads digits, or
    ``lenet5`` where there are several."""

    max_versions: Positive = 10
    """Most versions of a model that are served, the newest: each takes about 5 MiB."""

    repository_poll_s: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 2
    """How often the folder is looked at for versions that came or went; 0 looks at the start only."""

    canary_s: Seconds = 30
    """How often every model is asked something whose answer is known; a wrong answer makes unready."""

    watchdog_s: Seconds = 30
    """Seconds after which a process whose event loop is stuck ends itself, to be started anew."""

    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where networks run. ``auto`` takes CUDA when it works; ``cuda`` refuses to start without it."""

    workers: Positive = 1
    """Processes that serve the port; one for each container where something else starts containers."""

    threads: Annotated[int, Field(ge=0)] = 0
    """Threads that compute in each process; 0 divides the processors that the service may use (its affinity,
    within its control group's quota) among its processes."""

    max_in_flight: Positive = 512
    """Most requests of a process that have arrived and are not yet answered; more are answered 503 at once.
    Probes and metrics are always let in."""

    max_in_flight_bytes: Positive = 256 * MIB
    """Most bytes of bodies that have arrived and are not answered: 32 bodies of the largest size."""

    max_connections: Positive = 4_096
    """Most connections of a process, busy or idle; a new one beyond them is answered 503 and closed. As many
    files have to be allowed: the service raises its soft limit that far if the hard limit lets it."""

    client_share: Annotated[float, Field(gt=0, le=1)] = 0.5
    """The part of connections, of requests and bytes in flight, of what waits for networks and threads,
    and of unread answers, that one client (an API key, else an address) may have while others are served;
    more is answered 429. One that is alone may have seven eighths; 1 lets anyone have everything. What
    waits is done in turns, one request of each client."""

    trusted_proxies: Networks = ""
    """Addresses or networks, with commas between, of proxies whose ``X-Forwarded-For`` is believed, such as
    ``10.0.0.0/8``; without them all that comes through a proxy counts as one client."""

    max_queue_requests: Positive = 512
    """Most requests that wait for a network."""

    max_queue_images: Positive = 2_048
    """Most images that wait for a network: 1.6 MB of pixels."""

    max_queue_s: Seconds = 0.5
    """Most seconds of a network's work that may wait, as measured: it bounds how long an answer takes however
    fast the machine is."""

    queue_deadline_s: Seconds = 1
    """A request that has waited longer is answered 504 and not computed."""

    load_deadline_s: Seconds = 60
    """Most seconds that a request to load or unload a model waits for the one before it."""

    max_pool_requests: Positive = 64
    """Most requests that wait for threads, of pictures to prepare and of operations each."""

    operation_nice: Annotated[int, Field(ge=0, le=19)] = 10
    """How much the threads of ``/convolve`` and ``/pool`` give way to the rest (Linux): at 10 they get a
    tenth of a processor that both want, and all of one that nobody else wants."""

    inline_pixels: Annotated[int, Field(ge=0)] = 80_000
    """One picture of at most so many pixels is prepared on the event loop: a canvas of 280x280 takes half a
    millisecond, and a hand-over to a thread and back as much again."""

    inline_picture_bytes: Annotated[int, Field(ge=0)] = 16_384
    """As long as its file has no more bytes than this: of as many pixels, what is drawn is decoded in a
    fraction of the time of a photo."""

    inline_macs: Annotated[int, Field(ge=0)] = 65_536
    """Operations of at most so many multiply-adds and body bytes are computed on the event loop: about
    0.1 ms."""

    repository_api: Literal["off", "on"] = "off"
    """``on`` lets clients load and unload models by the Open Inference Protocol; whoever can reach the
    service then can stop a model."""

    max_graphs: Positive = 32
    """Graphs of operations that are kept ready: one for each combination of strides, sides and activation."""

    log_format: Literal["auto", "json", "console"] = "auto"
    """``auto`` writes for people on a terminal and JSON elsewhere."""

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """``warning`` leaves out the line per request."""

    otlp_endpoint: Annotated[str, Field(pattern=r"^(https?://\S+)?$")] = ""
    """Where a collector of OpenTelemetry takes spans over HTTP, such as ``http://collector:4318``; without
    one, and without OpenTelemetry's own variables, nothing is traced. Needs the extra ``tracing``."""

    api_keys_file: str = ""
    """A file with an API key a line. With it a request needs one of them as ``X-API-Key``; probes, metrics
    and the pages do not. Without it nobody needs a key."""

    cors_origins: Annotated[str, Field(pattern=_ORIGINS)] = ""
    """Origins whose pages may call this service from a browser, with commas between, such as
    ``https://class.example,http://localhost:3000``; none by default."""

    keep_alive_s: Seconds = 15
    """Idle connections are closed after this; behind a proxy make it longer than the proxy's."""

    shutdown_s: Seconds = 25
    """Time for requests in flight to finish after SIGTERM."""


def load(environment: Mapping[str, str] = os.environ, file: Path = Path(".env")) -> Settings:
    """
    Read the settings: what stands in the environment beats what stands in the file.

    Raises:
        SettingsError: A value is not valid, or a ``LENET_`` variable is not a setting.
    """
    given = {**dotenv_values(file), **environment}
    values = {
        name.upper().removeprefix(PREFIX).lower(): value
        for name, value in given.items()
        if name.upper().startswith(PREFIX)
    }
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise SettingsError("; ".join(map(_told, error.errors()))) from None


def require_repository(settings: Settings) -> None:
    """
    Check that the folder of models is there; an empty one will do, as a new volume is.

    Raises:
        SettingsError: It cannot be read.
    """
    try:
        os.scandir(settings.model_repository).close()
    except OSError as error:
        message = f"{PREFIX}MODEL_REPOSITORY: {settings.model_repository}: {error.strerror}"
        raise SettingsError(message) from error


def _told(error: "ErrorDetails") -> str:
    name = f"{PREFIX}{error['loc'][0]}".upper()
    if error["type"] == "extra_forbidden":
        return f"{name} is no setting; there are: {', '.join(sorted(Settings.model_fields)).upper()}"
    return f"{name}: {error['msg']}"
