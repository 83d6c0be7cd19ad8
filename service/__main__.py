"""Start the service (settings, logs, application, server), its probe, a pin, or the load tool."""

import gc
import math
import os
import signal
import socket
import sys
import time
from typing import TYPE_CHECKING

from service import __version__, logs

if TYPE_CHECKING:
    import uvicorn
    from uvicorn.supervisors import Multiprocess

    from service.application import Application

OTHER_FILES = 256
"""Files that a process opens besides connections: libraries, models, pipes, what is written."""

ACCEPTORS = 16
"""Watchers of the listening socket. At each uvloop accepts one connection in a turn of the event loop, and
a client that opens hundreds would keep others from being accepted when turns are long."""

APPLICATION = "service.__main__:application_of_worker"
"""What each of several workers calls."""

STOPS = (signal.SIGINT, signal.SIGTERM)

PAUSE_S = 0.001
"""Whoever accepts connections is left alone for so long."""

USAGE = """\
usage: lenet5             serve; the settings are LENET_* variables, see docs/settings.md
       lenet5 bench URL   measure a service that runs; lenet5 bench --help tells how
       lenet5 health      exit 0 when the service on this machine is ready (LENET_PORT), 1 when not
       lenet5 pin MODEL VERSION
                          let a version answer, or the latest, in all services of LENET_MODEL_REPOSITORY
       lenet5 --version
"""


def main() -> int:
    """Do what the command line says."""
    match sys.argv[1:]:
        case []:
            return serve()
        case ["bench", *arguments]:
            # No command loads what another needs.
            from service.bench.run import main as bench

            return bench(arguments)
        case ["health"]:
            from service.probe import main as health

            return health()
        case ["pin", name, version]:
            from service.pin import main as pin

            return pin(name, version)
        case ["-h" | "--help" | "--version" as asked]:
            sys.stdout.write(f"lenet5-service {__version__}\n" if asked == "--version" else USAGE)
            return 0
    sys.stderr.write(USAGE)
    return 2


def serve() -> int:
    """Serve until told to stop, in this process or in several that it looks after."""
    # Also while this starts: the kernel gives a container's first process only the signals that it handles.
    # At once: an exception would go through whatever is being imported, and may be swallowed there.
    for stop in STOPS:
        signal.signal(stop, lambda *_: os._exit(0))
    # No cycles are looked for until the application is ready, which ends this: nearly all that comes stays.
    gc.disable()
    import uvicorn

    from service import settings
    from service.errors import SettingsError

    # To ask of each model whether it is one of pydantic 1, FastAPI would import all of that: a tenth of the
    # start. It takes an ImportError, which None stands for, as a no.
    sys.modules.setdefault("pydantic.v1", None)  # type: ignore[arg-type]
    try:
        configuration = settings.load()
        # Before each of several workers would find it out.
        settings.require_repository(configuration)
    except SettingsError as error:
        sys.stderr.write(f"lenet5-service cannot start: {error}\n")
        return settings.CANNOT_START
    # OpenCV reads it when it is loaded, which the next lines do: a header that lies is then found out by the
    # decoder itself.
    os.environ["OPENCV_IO_MAX_IMAGE_PIXELS"] = str(configuration.max_image_pixels)
    from service.metrics import sharing
    from service.server import connection
    from service.server.listener import listen

    several = configuration.workers > 1
    logs.configure(configuration.log_format, configuration.log_level, is_shared=several)
    config = uvicorn.Config(
        APPLICATION if several else application(),
        factory=several,
        workers=configuration.workers,
        timeout_worker_healthcheck=math.ceil(configuration.watchdog_s),
        host=configuration.host,
        port=configuration.port,
        http=connection.factory(configuration),  # type: ignore[arg-type]  # any factory will do
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=math.ceil(configuration.keep_alive_s),
        timeout_graceful_shutdown=math.ceil(configuration.shutdown_s),
    )
    _allow_files(configuration.max_connections)
    # uvicorn, when it has stopped, raises once more what stopped it: that has happened, and is no fault.
    for stop in STOPS:
        signal.signal(stop, lambda *_: sys.exit(0))
    try:
        listener = listen(configuration.host, configuration.port)
    except OSError as error:
        sys.stderr.write(f"lenet5-service cannot start: {error}\n")
        return settings.CANNOT_START
    sockets = [listener, *(listener.dup() for _ in range(ACCEPTORS - 1))]
    if several:
        supervisor = _supervisor(config, sockets)
        gc.enable()
        with sharing.folder():
            supervisor.run()
        failed = any(worker.exitcode == settings.CANNOT_START for worker in supervisor.processes)
    else:
        server = _server(config, listener)
        server.run(sockets)
        failed = not server.started
    return settings.CANNOT_START if failed else 0


def application_of_worker() -> "Application":
    """Make the application in one of several workers, which stops when its supervisor says so."""
    # Ctrl-C in a terminal goes to all of a group at once.
    if sys.platform != "win32":
        os.setpgid(0, 0)
    return application()


def application() -> "Application":
    """Make the application as the environment says, in the process that serves it."""
    # Workers load it for themselves: their supervisor does without, and they begin so much earlier.
    gc.disable()
    from service import app

    return app.of_environment()


def _server(config: "uvicorn.Config", listener: socket.socket) -> "uvicorn.Server":
    """Make uvicorn's server, and let it accept who waits before it closes its listener."""
    import asyncio

    import uvicorn

    from service.server.listener import while_awaited

    class Server(uvicorn.Server):
        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            for _ in while_awaited(listener):
                await asyncio.sleep(PAUSE_S)
            await super().shutdown(sockets)

    return Server(config)


def _supervisor(config: "uvicorn.Config", sockets: list[socket.socket]) -> "Multiprocess":
    """Make uvicorn's supervisor, and let it notice at once when a worker ends, and stop as a server does."""
    from uvicorn.supervisors import Multiprocess

    from service.server.listener import while_awaited

    class Supervisor(Multiprocess):
        # It asks workers over pipes whether they are there, and keeps both ends of each: a question to one
        # that has just ended would wait for all of ``timeout_worker_healthcheck``, half a minute.

        def init_processes(self) -> None:
            super().init_processes()
            self._leave_their_ends()

        def keep_subprocess_alive(self) -> None:
            super().keep_subprocess_alive()
            self._leave_their_ends()

        def terminate_all(self) -> None:
            # While workers accept; what they close is closed when it is closed here, too.
            for _ in while_awaited(sockets[0]):
                time.sleep(PAUSE_S)
            super().terminate_all()
            for listener in sockets:
                listener.close()

        def _leave_their_ends(self) -> None:
            for worker in self.processes:
                worker.child_conn.close()

    return Supervisor(config, sockets)


def _allow_files(connections: int) -> None:
    """Raise the soft limit on open files, each connection being one, as far as the hard limit lets it."""
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(hard, wanted)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))


if __name__ == "__main__":
    sys.exit(main())
