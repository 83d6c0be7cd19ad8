"""Bytes to arrays and documents, each form beside its description for the OpenAPI document."""
