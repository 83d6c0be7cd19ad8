"""Several requests as one run of an engine, and its outputs cut apart again."""

import time
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from service.errors import EngineError

Rows: TypeAlias = npt.NDArray[Any]
Outputs: TypeAlias = tuple[Rows, ...]
Run: TypeAlias = Callable[[Rows], Outputs]
"""Computes ``(rows, ...)`` to arrays of as many rows each."""
Outcome: TypeAlias = Outputs | list[Outputs | Exception]
"""What came out for a whole batch, or after it failed for each of its parts alone."""


def join(parts: Sequence[Rows]) -> Rows:
    """Put the rows of several requests behind one another."""
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def in_runs(run: Callable[[Rows], Sequence[Rows]], rows: Rows, most: int) -> Sequence[Rows]:
    """Run rows, at most so many at a time, and join what comes out."""
    runs = [run(rows[start : start + most]) for start in range(0, len(rows), most)]
    return runs[0] if len(runs) == 1 else [np.concatenate(outputs) for outputs in zip(*runs, strict=True)]


def attempt(run: Run, rows: Rows, parts: Sequence[Rows]) -> tuple[Outcome, float]:
    """
    Run all parts as one; when that fails each alone, for one may be what the engine cannot take.

    Returns:
        What came out, and the seconds that it took. Whatever the engine raises is among what came out.
    """
    started = time.perf_counter()
    return _attempt(run, rows, parts), time.perf_counter() - started


def cut(outcome: Outcome, parts: Sequence[Rows]) -> Sequence[Outputs | Exception]:
    """
    Give each part what came out for it.

    When there are not as many rows as went in, no row can be trusted to be whose: all get an error.
    """
    if isinstance(outcome, list):
        return outcome
    if error := _miscounted(outcome, sum(map(len, parts))):
        return [error] * len(parts)
    if len(parts) == 1:
        return [outcome]
    cuts = []
    end = 0
    for part in parts:
        start, end = end, end + len(part)
        cuts.append(tuple([output[start:end] for output in outcome]))
    return cuts


def _attempt(run: Run, rows: Rows, parts: Sequence[Rows]) -> Outcome:
    try:
        return run(rows)
    except Exception as error:  # noqa: BLE001  an engine may raise anything; it goes to those who wait
        if len(parts) == 1:
            return [error]
    return [cut(_attempt(run, part, [part]), [part])[0] for part in parts]


def _miscounted(outputs: Outputs, rows: int) -> EngineError | None:
    if all(len(output) == rows for output in outputs):
        return None
    counts = " and ".join(str(len(output)) for output in outputs)
    return EngineError(f"the engine answered {rows} rows with {counts}")
