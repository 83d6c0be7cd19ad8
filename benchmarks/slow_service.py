"""The service with an engine of known capacity: each image takes it as long, whatever else is to do."""

import sys
import time
from collections.abc import Mapping, Sequence

from service.__main__ import main
from service.engine.session import Array, Session

IMAGE_S = 0.02
CAPACITY_PER_S = 1 / IMAGE_S

_run = Session.run


def _slow(session: Session, outputs: Sequence[str], inputs: Mapping[str, Array]) -> list[Array]:
    time.sleep(IMAGE_S * len(inputs["image"]))
    return _run(session, outputs, inputs)


if __name__ == "__main__":
    Session.run = _slow  # type: ignore[method-assign]  # what this module is for
    sys.exit(main())
