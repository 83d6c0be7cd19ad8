"""What is told of the process is what Prometheus' own client finds."""

import sys

import pytest
from prometheus_client.process_collector import ProcessCollector

from service.metrics import families, process


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells by files")
def test_the_process_is_told_as_prometheus_client_tells_it() -> None:
    readings = process.readings()
    ours = {family.name: reading()[()] for family, reading in readings.items()}
    theirs = {
        sample.name: sample.value
        for metric in ProcessCollector(registry=None).collect()
        for sample in metric.samples
    }

    assert set(ours) == set(theirs) - {"process_virtual_memory_bytes"}
    assert ours["process_resident_memory_bytes"] == pytest.approx(
        theirs["process_resident_memory_bytes"], rel=0.1
    )
    assert ours["process_cpu_seconds_total"] == pytest.approx(theirs["process_cpu_seconds_total"], abs=0.2)
    assert abs(ours["process_open_fds"] - theirs["process_open_fds"]) <= 1
    assert ours["process_max_fds"] == theirs["process_max_fds"]


def test_the_process_began_before_it_is_asked_and_not_long_before_it_was_loaded() -> None:
    began = process.readings()[families.PROCESS_START]()[()]
    (theirs,) = (
        sample.value
        for metric in ProcessCollector(registry=None).collect()
        for sample in metric.samples
        if sample.name == "process_start_time_seconds"
    )

    assert began >= theirs - 1
