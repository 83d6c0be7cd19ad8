"""One Ray for all tests, in Ray's own environment, started as an operator does."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import processes
from deploy.tests.ray.cluster import Cluster

START_S = 120


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    # Not pytest's own folder: the path of a socket in it may have 107 bytes.
    with tempfile.TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True) as folder:
        cluster = Cluster(Path(folder))
        try:
            deadline = time.monotonic() + START_S
            while not (cluster.is_ready("/health/ready") and cluster.is_ready("/narrow/health/ready")):
                assert cluster.process.poll() is None, cluster.said()
                assert time.monotonic() < deadline, cluster.said()
                time.sleep(0.5)
            while len(cluster.replicas()) < 2:
                assert time.monotonic() < deadline, cluster.said()
                time.sleep(0.5)
            yield cluster
        finally:
            processes.stop(cluster.process)
            cluster.output.close()
