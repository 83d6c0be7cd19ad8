"""JSON answers, written by orjson straight from numpy."""

from typing import Any

import orjson
from starlette.responses import Response


class JSONAnswer(Response):
    """A JSON body. Numbers keep the shortest text that reads back to the same float."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:  # noqa: ANN401  whatever orjson can write
        """Write JSON."""
        return orjson.dumps(content, option=orjson.OPT_SERIALIZE_NUMPY)
