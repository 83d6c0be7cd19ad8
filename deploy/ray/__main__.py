"""Serve on this machine with a Ray of its own, until told to stop: ``python -m deploy.ray``."""

import argparse
import os
import signal
import sys
from pathlib import Path

CONFIGURATION = Path(__file__).with_name("serve.yaml")

ENVIRONMENT = {
    # HAProxy, which comes with ray[serve], in place of Ray's own proxy, which takes several times as long.
    "RAY_SERVE_ENABLE_HA_PROXY": "1",
    # One event loop a replica, as the service is made for.
    "RAY_SERVE_THROUGHPUT_OPTIMIZED": "1",
    # But no lines held back: the last ones, of a replica's end, would be lost.
    "RAY_SERVE_REQUEST_PATH_LOG_BUFFER_SIZE": "1",
    "RAY_USAGE_STATS_ENABLED": "0",
    # How long a replica that is to end waits for balancers to forget it: here there is only HAProxy.
    "RAY_SERVE_DIRECT_INGRESS_MIN_DRAINING_PERIOD_S": "2",
}


def main() -> None:
    """Start Ray and what the configuration says; end both at SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m deploy.ray", description=__doc__)
    parser.add_argument("configuration", nargs="?", type=Path, default=CONFIGURATION)
    options = parser.parse_args()
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    # Ray reads its variables when it is imported.
    import ray
    from ray.serve import scripts

    ray.init(include_dashboard=False, namespace="serve")
    # Ray has taken SIGTERM for itself, and would leave what it started to itself.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        scripts.run.main([str(options.configuration)], standalone_mode=False)
    finally:
        ray.shutdown()


if __name__ == "__main__":
    sys.exit(main())
