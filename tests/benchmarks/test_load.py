"""wrk's figures are read in the units that they are told in."""

import shutil

import pytest

from benchmarks import load
from benchmarks.errors import UnavailableError

OUTPUT = """\
Running 3s test @ http://127.0.0.1:9123/predict
  1 threads and 16 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency    10.71ms    2.30ms  20.79ms   74.32%
  Latency Distribution
     50%   10.28ms
     99%   18.50ms
  4423 requests in 3.10s, 1.60MB read
Requests/sec:   1426.54
{"requests": 4423, "duration_us": 3100513, "p50_us": 10275, "p99_us": 18498, "refused": 3, "broken": 2}
"""


def test_the_last_line_of_wrk_is_read() -> None:
    found = load.parse(OUTPUT, 0.3)

    assert found.requests == 4423
    assert found.per_s == pytest.approx(1426.54, abs=0.01)
    assert (found.p50_ms, found.p99_ms) == (10.275, 18.498)
    assert found.errors == 5
    assert found.processors == 0.3


def test_without_wrk_the_message_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)

    with pytest.raises(UnavailableError, match="apt-get install wrk"):
        load.program()
