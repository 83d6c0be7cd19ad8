"""Measure everything and write ``benchmarks/results.md``: ``make bench``, on an idle machine."""

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks import bulk, startup

RUNS = 9
RESULTS = Path(__file__).with_name("results.md")
PACKAGES = ("fastapi", "uvicorn", "opencv-python-headless", "numpy")
HEAD = """\
# Results

`make bench`, {date}: medians of {runs} interleaved runs. Absolute figures belong to the machine; the
ratios are what to compare. {machine}, Python {python}, {versions}.

| what | bare libraries | service | ratio | goal |
|---|---|---|---|---|
"""


def main() -> None:
    """Measure, print and write."""
    start, many = startup.measure(RUNS), bulk.measure(RUNS)
    rows = [
        (
            "start to ready, against `import fastapi, onnxruntime, cv2`",
            f"{start.bare_s:.2f} s",
            f"{start.ready_s:.2f} s",
            f"{start.ready_s / start.bare_s:.2f}",
            "at most 1.5",
        ),
        (
            "peak resident memory when ready, against the same",
            f"{start.bare_mib:.0f} MiB",
            f"{start.ready_mib:.0f} MiB",
            f"{start.ready_mib / start.bare_mib:.2f}",
            "at most 1.3",
        ),
        (
            "10,000 images in one npy request, against `session.run` in batches of 64",
            f"{many.bare_per_s:,.0f}/s",
            f"{many.service_per_s:,.0f}/s",
            f"{many.service_per_s / many.bare_per_s:.2f}",
            "at least 0.8",
        ),
    ]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    text = HEAD.format(
        date=datetime.now(UTC).date(),
        runs=RUNS,
        machine=f"{os.cpu_count()} processors, {platform.machine()}, {platform.system()}",
        versions=", ".join(f"{name} {version(name)}" for name in PACKAGES),
        python=platform.python_version(),
    )
    RESULTS.write_text(text + table + "\n")
    print(text + table)


if __name__ == "__main__":
    main()
