"""A Ray of the tests' own on this machine, with what ``deploy/ray/serve.yaml`` says on two replicas."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import urllib.request
from pathlib import Path
from typing import Any

from benchmarks import processes

ROOT = Path(__file__).parents[3]
PYTHON = ROOT / ".venv" / "ray" / "bin" / "python"
STOP_S = 60
READ = "import json, sys, yaml; print(json.dumps(yaml.safe_load(open(sys.argv[1]))))"


class Cluster:
    """
    What was started, by its first process.

    Attributes:
        address: Where it serves.
        folder: Ray's temporary folder.
        process: The first process; all others descend from it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        port, *others = free_ports(5)
        self.address = "127.0.0.1", port
        configuration = folder / "serve.json"
        configuration.write_text(json.dumps(narrowed(port)))
        names = (
            "HAPROXY_METRICS_PORT",
            "HAPROXY_STATS_PORT",
            "FALLBACK_PROXY_HTTP_PORT",
            "FALLBACK_PROXY_GRPC_PORT",
        )
        self.output = (folder / "output").open("w+")
        self.process = subprocess.Popen(
            [PYTHON, "-m", "deploy.ray", configuration],
            cwd=ROOT,
            env={
                **{
                    name: value
                    for name, value in os.environ.items()
                    if not name.startswith(("LENET", "RAY_"))
                },
                **{f"RAY_SERVE_{name}": str(port) for name, port in zip(names, others, strict=True)},
                "RAY_TMPDIR": str(folder),
                "LENET_DEVICE": "cpu",
            },
            stdout=self.output,
            stderr=subprocess.STDOUT,
        )

    def said(self) -> str:
        """Give what it wrote."""
        return Path(self.output.name).read_text()

    def replicas(self) -> set[int]:
        """Give the process ids of the replicas of the application ``lenet5``."""
        return {
            pid for pid in processes.tree(self.process.pid) if title(pid) == "ray::ServeReplica:lenet5:LeNet"
        }

    def is_ready(self, path: str) -> bool:
        """Tell whether a probe is answered well."""
        address = f"http://127.0.0.1:{self.address[1]}{path}"
        with (
            contextlib.suppress(OSError, http.client.HTTPException),
            urllib.request.urlopen(address, timeout=5) as answer,
        ):
            return bool(answer.status == 200)
        return False

    def stop(self) -> int:
        """Tell the first process to stop, and give its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(STOP_S)


def narrowed(port: int) -> dict[str, Any]:
    """
    Give what operators are given, for one small machine.

    Beside it stands a second application that may do and queue one request.
    """
    configuration = json.loads(
        subprocess.check_output([PYTHON, "-c", READ, ROOT / "deploy" / "ray" / "serve.yaml"])
    )
    configuration["http_options"]["port"] = port
    (application,) = configuration["applications"]
    (deployment,) = application["deployments"]
    del deployment["autoscaling_config"]
    small = {**deployment, "ray_actor_options": {"num_cpus": 0.1}}
    application["deployments"] = [{**small, "num_replicas": 2}]
    narrow = {**small, "num_replicas": 1, "max_ongoing_requests": 1, "max_queued_requests": 1}
    configuration["applications"].append(
        {**application, "name": "narrow", "route_prefix": "/narrow", "deployments": [narrow]}
    )
    return configuration


def free_ports(number: int) -> list[int]:
    with contextlib.ExitStack() as open_ones:
        taken = [open_ones.enter_context(socket.socket()) for _ in range(number)]
        for one in taken:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in taken]


def title(pid: int) -> str:
    """Give what a process calls itself; nothing when it has ended."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().partition(b"\0")[0].decode().strip()
    return ""
