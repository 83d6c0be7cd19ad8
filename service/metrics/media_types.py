"""The forms in which counts are told."""

TEXT = "text/plain"
"""Prometheus' own text format, 0.0.4."""

OPENMETRICS = "application/openmetrics-text"
"""OpenMetrics 1.0, which Prometheus asks for first."""

OFFERED = (TEXT, OPENMETRICS)
