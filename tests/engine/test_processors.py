"""Processors are counted as this process may use them, not as the machine has them."""

import os
from pathlib import Path

import pytest

from service.engine import processors


@pytest.mark.parametrize(
    ("quota", "expected"),
    [
        ("max 100000", 8),
        ("400000 100000", 4),
        ("150000 100000", 1),
        ("50000 100000", 1),
        ("9900000 100000", 8),
        ("", 8),
        ("xyzzy", 8),
        ("1 2 3", 8),
    ],
)
def test_processors_are_counted_within_the_quota(
    quota: str, expected: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    (tmp_path / "cpu.max").write_text(quota)

    assert processors.usable(tmp_path / "cpu.max") == expected


def test_without_a_control_group_the_affinity_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {1, 5, 7}, raising=False)

    assert processors.usable(tmp_path / "nothing") == 3
