"""What a picture file costs: it is taken as a request takes it, in a process of its own."""

import pickle
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

SCRIPT = """
import multiprocessing, pickle, sys
from pathlib import Path
from service.errors import RequestError
from service.images.decoding import PixelLimits
from service.images.pictures import of_files

def peak():
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024

def taken(file):
    stage, before = "header", peak()
    try:
        pictures = of_files([("#", file)], limits=PixelLimits(16_800_000, 8_192), total=32_000_000)
        stage = "decoder"
        result = str(pictures.decode()[0].shape)
    except RequestError as error:
        result = type(error).__name__
    return stage, result, peak() - before

files = pickle.load(sys.stdin.buffer)
# A process for each: what one has taken, the next would find.
with multiprocessing.get_context("fork").Pool(1, maxtasksperchild=1) as pool:
    costs = pool.map(taken, files.values(), chunksize=1)
    sys.stdout.buffer.write(pickle.dumps(dict(zip(files, costs))))
"""


class Cost(NamedTuple):
    """Where a file came to its end, with what (an error's name, or a shape), and memory at its peak, MiB."""

    stage: str
    result: str
    mebibytes: float


@pytest.fixture(scope="session")
def weigh() -> Callable[[Mapping[str, bytes]], dict[str, Cost]]:
    """Take files under the default limits, and tell by their names what each has cost."""
    if not Path("/proc/self/status").exists():
        pytest.skip("only Linux tells how much memory a process had at its peak")

    def weigh(files: Mapping[str, bytes]) -> dict[str, Cost]:
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT],
            input=pickle.dumps(dict(files)),
            stdout=subprocess.PIPE,
            check=True,
        )
        return {name: Cost(*cost) for name, cost in pickle.loads(done.stdout).items()}  # noqa: S301  our own

    return weigh
