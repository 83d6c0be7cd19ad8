"""Which network may take a name: no trial, and none that is worse than the one that has it."""

import json
import stat
from dataclasses import dataclass, replace
from math import sqrt
from pathlib import Path
from typing import Protocol

from training.arguments import Settings, trial_name
from training.errors import SuccessionError
from training.publication import CARD, versions
from training.recipes import usual

MOST_CARD_BYTES = 2**20
"""Largest card that is read: that of the packaged network has 34 KB."""

PACKAGED = Path(__file__).resolve().parents[1] / "service" / "models"
"""The models that are served where no repository is named; not there in the image that trains."""


class Counted(Protocol):
    """Figures of validation images."""

    @property
    def images(self) -> int:
        """How many were asked about."""

    @property
    def errors(self) -> int:
        """Those of them that are answered wrong."""


@dataclass(frozen=True)
class Predecessor:
    """
    The newest version of a model that is for use.

    Attributes:
        title: Its name and number.
        recipe: By which it was trained.
        images: Validation images it was asked about; 0 where its card does not tell.
        errors: Those of them that it read wrong.
    """

    title: str
    recipe: str
    images: int
    errors: int


def predecessor(repository: Path, name: str, *, packaged: Path = PACKAGED) -> Predecessor | None:
    """
    Find the version that a new one of this name would take the place of; trials do not count.

    Args:
        repository: Where the new one is to go. When it has no version for use, what is served
            until somebody serves the repository is the package's.
        name: Of the model.
        packaged: The package's own repository.

    Raises:
        SuccessionError: The versions, or a card, cannot be read.
    """
    for model in (repository / name, packaged / name):
        try:
            newest_first = reversed(versions(model))
        except OSError as error:
            message = f"{model}: cannot be read: {error.strerror}"
            raise SuccessionError(message) from error
        for version in newest_first:
            found = _read(version)
            if found is not None:
                return found
    return None


def settled(settings: Settings, *, packaged: Path = PACKAGED) -> Settings:
    """
    Decide whether the run is a trial, and under which name it goes.

    It is one when it is shortened, or when its recipe is neither the default nor the predecessor's. A trial
    for which no name is given goes under ``<name>-trial``.

    Raises:
        SuccessionError: It is one, and the name is that of a version for use.
    """
    before = predecessor(settings.repository, settings.name, packaged=packaged)
    known = {usual(settings.network).name} | ({before.recipe} if before else set())
    trial = settings.trial or (before is not None and settings.recipe.name not in known)
    if not trial:
        return settings
    name = settings.name if settings.named else trial_name(settings.name)
    if not settings.replace:
        _require_free(predecessor(settings.repository, name, packaged=packaged))
    return replace(settings, trial=True, name=name)


def require_worthy(settings: Settings, validation: Counted, *, packaged: Path = PACKAGED) -> None:
    """
    Demand that a network may take its name from the predecessor.

    It may not when its share of errors on validation images is larger, and by more than chance: than
    the standard deviation of the difference, ``sqrt(errors / images^2 + errors' / images'^2)``, errors
    being counts of rare events (Poisson). Beside 19 errors of 5,000 it may have 25. Of a network for ink the
    images are views, and their errors those whose ink is not found.

    Args:
        settings: Whose name, and whether the network takes it in any case.
        validation: Of the network. The test images do not choose.
        packaged: The package's own repository.

    Raises:
        SuccessionError: It may not.
    """
    if settings.replace:
        return
    before = predecessor(settings.repository, settings.name, packaged=packaged)
    if settings.trial:
        _require_free(before)
    elif before is not None and not before.images:
        message = (
            f"the card of {before.title} has no validation figures to compare with; --replace takes its name "
            f"all the same, and the training is kept in {settings.runs}"
        )
        raise SuccessionError(message)
    elif before is not None and _is_worse(validation, before):
        message = (
            f"worse than {before.title}, which stays the newest: {validation.errors:,} of "
            f"{validation.images:,} validation images are read wrong, there {before.errors:,} of "
            f"{before.images:,}; the training is kept in {settings.runs}, and the same command with "
            "--replace publishes it all the same"
        )
        raise SuccessionError(message)


def _require_free(before: Predecessor | None) -> None:
    if before is None:
        return
    message = (
        f"this is a trial, and {before.title} is for use: a trial does not take its name; give another "
        "--name, or --replace with this one"
    )
    raise SuccessionError(message)


def _text(card: Path) -> str:
    """
    Read a card, but nothing that has no end or makes its reader wait.

    Raises:
        OSError: It cannot be read, or is no regular file.
        ValueError: It is too large for one.
    """
    status = card.stat()
    if not stat.S_ISREG(status.st_mode) or status.st_size > MOST_CARD_BYTES:
        message = "no regular file, or too large"
        raise ValueError(message)
    return card.read_text(encoding="utf-8")


def _is_worse(validation: Counted, before: Predecessor) -> bool:
    more = validation.errors / validation.images - before.errors / before.images
    return more > sqrt(validation.errors / validation.images**2 + before.errors / before.images**2)


def _read(version: Path) -> Predecessor | None:
    """Read a version's card, which another program may have written; None for a trial."""
    try:
        card = json.loads(_text(version / CARD))
        if card.get("trial"):
            return None
        validation = card["evaluation"].get("validation") or {"images": 0, "errors": 0}
        return Predecessor(
            title=f"{version.parent.name} {version.name}",
            recipe=str(card["recipe"]),
            images=int(validation["images"]),
            errors=int(validation["errors"]),
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        message = (
            f"{version / CARD}: cannot be read, so that nothing can be compared with this version; "
            "move its folder away"
        )
        raise SuccessionError(message) from error
