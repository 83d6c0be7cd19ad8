"""The bodies that the interpreter is measured with are as large as they say."""

import pytest

from benchmarks import interpreter


@pytest.mark.parametrize("path", interpreter.READERS)
def test_bodies_are_as_large_as_can_be_or_have_nine_thousand_values(path: str) -> None:
    for name, body in interpreter.BODIES[path]().items():
        assert len(body) <= interpreter.SIZE
        assert len(body) > interpreter.SIZE * 0.9 or "9,000" in name, name
