"""Whether requests are traced, and where to."""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from service.errors import StartError
from service.settings import Settings

if TYPE_CHECKING:
    from service.tracing.spans import Spans

OPENTELEMETRYS_OWN = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
"""Variables of the OpenTelemetry specification that name a collector as ``LENET_OTLP_ENDPOINT`` does."""


def begin(settings: Settings, environment: Mapping[str, str] = os.environ) -> "Spans | None":
    """
    Begin to trace when a collector is named.

    Raises:
        StartError: One is, and OpenTelemetry is not installed.
    """
    named = [name for name in OPENTELEMETRYS_OWN if environment.get(name)]
    if settings.otlp_endpoint:
        named = ["LENET_OTLP_ENDPOINT"]
    if not named or environment.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return None
    try:
        from service.tracing.spans import Spans
    except ImportError as error:
        message = f"{named[0]} is set, but {error.name} is not installed: the extra 'tracing' brings it"
        raise StartError(message) from None
    return Spans(f"{settings.otlp_endpoint.rstrip('/')}/v1/traces" if settings.otlp_endpoint else None)
