"""Start the service: settings, logs, application, server."""

import functools
import math
import sys

import uvicorn

from service import logs, settings
from service.app import create_app
from service.errors import StartError
from service.http.deadlines import Deadlines
from service.http.protocol import BoundedProtocol

CANNOT_START = 3
"""Exit status when settings, device or models are at fault; uvicorn's own for a failed start."""


def main() -> int:
    """Serve until told to stop."""
    # To ask of each model whether it is one of pydantic 1, FastAPI would import all of that: a tenth of the
    # start. It takes an ImportError, which None stands for, as a no.
    sys.modules.setdefault("pydantic.v1", None)  # type: ignore[arg-type]
    try:
        configuration = settings.load()
        logs.configure(configuration.log_format, configuration.log_level)
        app = create_app(configuration)
    except StartError as error:
        sys.stderr.write(f"lenet5-service cannot start: {error}\n")
        return CANNOT_START
    uvicorn.run(
        app,
        host=configuration.host,
        port=configuration.port,
        http=functools.partial(BoundedProtocol, limits=configuration, deadlines=Deadlines()),  # type: ignore[arg-type]  # any factory will do
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=math.ceil(configuration.keep_alive_s),
        timeout_graceful_shutdown=math.ceil(configuration.shutdown_s),
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
