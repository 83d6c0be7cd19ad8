"""The service, as Compose brings it up."""

import json
import os
import shutil
import socket
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine import docker, inspect

ROOT = Path(__file__).resolve().parents[3]


class Stack:
    """
    The service as ``docker compose up -d`` starts it, under a name of its own on free ports.

    Attributes:
        port: On this machine.
        grpc_port: The same of gRPC.
        container: The service's.
    """

    def __init__(self) -> None:
        """Find Compose, and ports."""
        plugin = docker("compose", "version", check=False).returncode == 0
        self._command = ["docker", "compose"] if plugin else ["docker-compose"]
        assert plugin or shutil.which("docker-compose"), (
            "neither `docker compose` nor `docker-compose` is here"
        )
        with socket.create_server(("127.0.0.1", 0)) as free, socket.create_server(("127.0.0.1", 0)) as other:
            self.port: int = free.getsockname()[1]
            self.grpc_port: int = other.getsockname()[1]
        self._environment = {
            **os.environ,
            "PORT": str(self.port),
            "GRPC_PORT": str(self.grpc_port),
            "COMPOSE_PROJECT_NAME": "lenet5-image-test",
        }
        self.container = ""

    def compose(self, *arguments: str) -> str:
        """Run Compose in the project."""
        done = subprocess.run(
            [*self._command, *arguments],
            cwd=ROOT,
            env=self._environment,
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr[-4000:]
        return done.stdout

    def up(self) -> None:
        """Start the service when it does not run, and wait until it is healthy."""
        self.compose("up", "-d")
        self.container = self.compose("ps", "-q", "lenet5").strip()
        self.until(lambda: self.state["Health"]["Status"] == "healthy")

    def until(self, what: Callable[[], bool], within_s: float = 60) -> None:
        """Wait for something that nobody announces, at most so long."""
        over = threading.Event()
        alarm = threading.Timer(within_s, over.set)
        alarm.start()
        while not what():
            assert not over.wait(0.1), docker("logs", "--tail", "20", self.container).stdout
        alarm.cancel()

    @property
    def state(self) -> dict[str, Any]:
        """The container's state."""
        state: dict[str, Any] = inspect(self.container)["State"]
        return state

    @property
    def address(self) -> str:
        """
        The container's own address.

        The port on this machine is the engine's proxy: it takes connections although nobody is behind it.
        """
        networks = inspect(self.container)["NetworkSettings"]["Networks"]
        return next(str(network["IPAddress"]) for network in networks.values())

    def python(self, program: str) -> Any:  # noqa: ANN401  whatever it prints as JSON
        """Run Python in the container; give what it prints."""
        done = docker("exec", self.container, "/opt/lenet5/bin/python", "-c", program)
        return json.loads(done.stdout)

    def get(self, path: str) -> Any:  # noqa: ANN401  JSON
        """Get JSON from the service."""
        return json.loads(self.text(path))

    def text(self, path: str) -> str:
        """Get text from the service."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=30) as answer:
            return str(answer.read().decode())

    def post(self, picture: bytes, kind: str) -> tuple[int, Any]:
        """Post a picture to ``/predict``; give status and JSON."""
        address = f"http://127.0.0.1:{self.port}/predict"
        request = urllib.request.Request(address, picture, {"Content-Type": kind})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)
