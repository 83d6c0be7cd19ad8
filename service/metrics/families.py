"""Every metric of the service: its name, what it tells, and what of several processes' values is told."""

from dataclasses import dataclass
from typing import Literal

SECONDS = (
    *(0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025),
    *(0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
)
"""Upper bounds that tell a small image (below a millisecond) from a photo, a full queue and a deadline."""

IMAGES = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
"""Upper bounds of a batch: powers of two up to the most that one run has."""


@dataclass(frozen=True)
class Family:
    """
    A metric.

    Attributes:
        name: As Prometheus has it; of a counter with ``_total``.
        kind: What it is: counters and histograms only grow, a gauge is as it is just now.
        help: What it tells, in one sentence.
        labels: What tells its series apart.
        bounds: Of a histogram, the upper bounds of its buckets; the last, without a bound, is not among them.
        known: Label sets that are there from the beginning: what comes out of nothing is not seen to grow.
        workers: Of a gauge, what of the living processes' values is told.
    """

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    help: str
    labels: tuple[str, ...] = ()
    bounds: tuple[float, ...] = ()
    known: tuple[tuple[str, ...], ...] = ()
    workers: Literal["sum", "max", "min"] = "sum"


REQUEST_SECONDS = Family(
    "lenet_request_seconds",
    "histogram",
    "Seconds from a request's head to the end of its answer; route is a template, or unmatched.",
    ("route", "method", "status"),
    SECONDS,
)
STAGE_SECONDS = Family(
    "lenet_stage_seconds",
    "histogram",
    "Seconds of a request in a stage: decode, queue, inference, write.",
    ("stage",),
    SECONDS,
    known=(("decode",), ("queue",), ("inference",), ("write",)),
)
IMAGES_TOTAL = Family("lenet_images_total", "counter", "Images in requests that were answered with success.")
REJECTIONS_TOTAL = Family(
    "lenet_rejections_total",
    "counter",
    "Requests that were refused for want of room or time, or given up by their client, by reason.",
    ("reason",),
    known=(
        *(("admission_full",), ("queue_full",), ("pool_full",)),
        *(("share",), ("deadline",), ("slow_body",), ("client_gone",)),
    ),
)
BATCH_IMAGES = Family(
    "lenet_batch_images",
    "histogram",
    "Images of a run of a network's queue; requests of more than 64 images pass it by.",
    (),
    IMAGES,
)
RUN_SECONDS = Family("lenet_run_seconds", "histogram", "Seconds of a run of a network's queue.", (), SECONDS)
EVENT_LOOP_LAG_SECONDS = Family(
    "lenet_event_loop_lag_seconds",
    "histogram",
    "Seconds by which the event loop was late for an appointment that it has every second.",
    (),
    SECONDS,
)
REQUESTS_IN_FLIGHT = Family("lenet_requests_in_flight", "gauge", "Requests that were let in, not answered.")
IN_FLIGHT_BYTES = Family(
    "lenet_in_flight_bytes", "gauge", "Bytes of bodies that have arrived for requests that are not answered."
)
QUEUE_IMAGES = Family("lenet_queue_images", "gauge", "Images that wait for a network.")
POOL_PENDING = Family(
    "lenet_pool_pending", "gauge", "Pieces of work that wait for a thread or run on one, by pool.", ("pool",)
)
READY = Family("lenet_ready", "gauge", "1 when every process takes requests, else 0.", workers="min")
MODEL_INFO = Family(
    "lenet_model_info",
    "gauge",
    "1 for each version that is served; provider is in use, device was asked for.",
    ("name", "version", "provider", "device"),
    workers="max",
)
MODEL_REFUSED = Family(
    "lenet_model_refused",
    "gauge",
    "1 for each version that is on disk and cannot be served.",
    ("name", "version"),
    workers="max",
)
ENGINE_FAILURES = Family(
    "lenet_engine_failures",
    "gauge",
    "Runs without any answer, one after the other, up to now.",
    ("name", "version"),
    workers="max",
)
MODEL_REQUESTS_TOTAL = Family(
    "lenet_model_requests_total",
    "counter",
    "Requests for a version of a model, by outcome: success, fail. Layers are the model name-layers.",
    ("name", "version", "outcome"),
)
MODEL_SECONDS_TOTAL = Family(
    "lenet_model_seconds_total",
    "counter",
    "Seconds of those requests: whole (success, fail), and of the former in a stage.",
    ("name", "version", "part"),
)
MODEL_IMAGES_TOTAL = Family(
    "lenet_model_images_total", "counter", "Images of those that succeeded.", ("name", "version")
)
MODEL_LATEST = Family(
    "lenet_model_latest_timestamp_seconds",
    "gauge",
    "When the latest of those succeeded, seconds since 1970.",
    ("name", "version"),
    workers="max",
)
MODEL_RUNS_TOTAL = Family(
    "lenet_model_runs_total",
    "counter",
    "Runs of a version of a model, by their images; one that several requests shared is divided among them.",
    ("name", "version", "images"),
)
MODEL_RUN_SECONDS_TOTAL = Family(
    "lenet_model_run_seconds_total", "counter", "Seconds of those runs.", ("name", "version", "images")
)
OF_MODELS = (
    *(MODEL_REQUESTS_TOTAL, MODEL_SECONDS_TOTAL, MODEL_IMAGES_TOTAL, MODEL_LATEST),
    *(MODEL_RUNS_TOTAL, MODEL_RUN_SECONDS_TOTAL),
)
LOG_LINES_DROPPED_TOTAL = Family(
    "lenet_log_lines_dropped_total",
    "counter",
    "Log lines that were left out because nobody read them in time.",
)
BUILD_INFO = Family(
    "lenet_build_info",
    "gauge",
    "1, with the versions of what runs.",
    ("version", "python", "onnxruntime"),
    workers="max",
)
WORKERS = Family("lenet_workers", "gauge", "Processes that serve.")
WORKER_STARTS_TOTAL = Family("lenet_worker_starts_total", "counter", "Processes that were started to serve.")
PROCESS_CPU = Family("process_cpu_seconds_total", "counter", "Processor seconds, of the user and the system.")
PROCESS_MEMORY = Family("process_resident_memory_bytes", "gauge", "Resident memory of all processes.")
PROCESS_FILES = Family("process_open_fds", "gauge", "Open file descriptors of all processes.")
PROCESS_MOST_FILES = Family("process_max_fds", "gauge", "Most file descriptors that they may open.")
PROCESS_START = Family(
    "process_start_time_seconds",
    "gauge",
    "When the oldest of the processes started, seconds since 1970.",
    workers="min",
)

ALL = (
    *(REQUEST_SECONDS, STAGE_SECONDS, IMAGES_TOTAL, REJECTIONS_TOTAL, BATCH_IMAGES, RUN_SECONDS),
    *(EVENT_LOOP_LAG_SECONDS, REQUESTS_IN_FLIGHT, IN_FLIGHT_BYTES, QUEUE_IMAGES, POOL_PENDING, READY),
    *OF_MODELS,
    *(MODEL_INFO, MODEL_REFUSED, ENGINE_FAILURES, LOG_LINES_DROPPED_TOTAL, BUILD_INFO),
    *(WORKERS, WORKER_STARTS_TOTAL),
    *(PROCESS_CPU, PROCESS_MEMORY, PROCESS_FILES, PROCESS_MOST_FILES, PROCESS_START),
)
"""All of them, in the order in which they are told."""
