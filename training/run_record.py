"""How far a run has come: ``run.json``, which decides what a run may go on from; loads no TensorFlow."""

import json
from dataclasses import asdict, field
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, NonNegativeFloat, NonNegativeInt, ValidationError
from pydantic.dataclasses import dataclass

from training.errors import ResumeError
from training.recipes import Recipe

STATE = "run.json"


@dataclass(config=ConfigDict(strict=True, extra="forbid"))
class Run:
    """
    How far a run has come: everything that a resumed one needs besides the weights.

    Attributes:
        recipe: The recipe's settings as text, so that a run resumes only what it began.
        seed: Of weights, order and augmentation.
        network: The kind, of ``training/networks``.
        epochs: Epochs finished.
        history: Per finished epoch ``loss``, ``accuracy``, ``val_loss``, ``val_accuracy``.
        seconds: Spent on the finished epochs.
        kernels: Those of the first convolution after some epochs, as the card shows them.
    """

    recipe: str
    seed: int
    network: str = "lenet5"  # before there were others, runs did not name it
    epochs: NonNegativeInt = 0
    history: dict[str, list[float]] = field(default_factory=dict)
    seconds: NonNegativeFloat = 0.0
    kernels: dict[str, list[Any]] = field(default_factory=dict)


def read(folder: Path, recipe: Recipe, *, seed: int, network: str) -> Run:
    """
    Read the record of a run; where there is none, the run is new.

    Args:
        folder: Of the run.
        recipe: What the run does.
        seed: Of the run.
        network: The kind that it trains.

    Raises:
        ResumeError: The folder holds a run of another recipe, seed or network, or a damaged one.
    """
    state = folder / STATE
    new = Run(repr(recipe), seed, network)
    if not state.exists():
        return new
    try:
        run = Run(**json.loads(state.read_bytes()))
    except ValidationError as error:
        first = error.errors()[0]
        raise _damaged(state, f"{'/'.join(map(str, first['loc']))}: {first['msg']}") from error
    except (OSError, ValueError, TypeError) as error:
        raise _damaged(state, "it cannot be read") from error
    others = [name for name in ("recipe", "seed", "network") if getattr(run, name) != getattr(new, name)]
    if others:
        message = (
            f"{folder}: holds a run of another {' and '.join(others)}; remove it, or give another --runs"
        )
        raise ResumeError(message)
    if run.epochs > recipe.epochs:
        raise _damaged(state, f"{run.epochs} epochs are finished, of {recipe.epochs}")
    for name, figures in run.history.items():
        if len(figures) != run.epochs:
            raise _damaged(state, f"{run.epochs} epochs are finished, and {name} has {len(figures)} figures")
    if not run.kernels.keys() <= {str(epoch) for epoch in range(1, run.epochs + 1)}:
        raise _damaged(state, f"{run.epochs} epochs are finished, and it has kernels of others")
    if run.epochs and not weights(folder, run.epochs).is_file():
        raise _damaged(state, f"{run.epochs} epochs are finished, and their weights are not there")
    return run


def write(folder: Path, run: Run) -> None:
    """
    Replace the record as a whole.

    Raises:
        OSError: It cannot be written; the one before is kept.
    """
    new = folder / f"{STATE}.new"
    new.write_text(json.dumps(asdict(run)))
    new.replace(folder / STATE)


def weights(folder: Path, epochs: int) -> Path:
    """Give the file of the weights after so many epochs."""
    return folder / f"{epochs}.keras"


def _damaged(state: Path, why: str) -> ResumeError:
    return ResumeError(f"{state}: damaged: {why}; remove the folder to start anew")
