"""The service as a user starts it."""

from collections.abc import Callable

import pytest


@pytest.fixture(scope="session")
def address(serve: Callable[..., str]) -> str:
    """The address of a service that runs as a process of its own."""
    return serve()
