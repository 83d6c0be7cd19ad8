"""Requests as spans of OpenTelemetry, when a collector is named; else nothing of it is loaded."""
