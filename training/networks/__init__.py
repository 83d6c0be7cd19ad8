"""The networks that can be trained, one file each: ``<name>.py`` with its ``FAMILY``."""

import importlib
import pkgutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from training.family import Family, InkFamily, Kind

DEFAULT = "lenet5"
INK = "ink"
"""The one that finds ink, and reads no digits."""


def names() -> list[str]:
    """Give the names that ``load`` knows, without loading TensorFlow: a file's ``_`` stands for ``-``."""
    return sorted(module.name.replace("_", "-") for module in pkgutil.iter_modules(__path__))


def load(name: str) -> "Kind":
    """
    Give the network of a name.

    Raises:
        ModuleNotFoundError: There is no file of that name.
    """
    module = importlib.import_module(f"{__name__}.{name.replace('-', '_')}")
    family: Kind = module.FAMILY
    return family


def recogniser(name: str) -> "Family":
    """
    Give the network of a name that reads digits.

    Raises:
        TypeError: It is another.
    """
    # Here, for it loads TensorFlow.
    from training.family import Family

    family = load(name)
    if not isinstance(family, Family):
        message = f"{name} reads no digits"
        raise TypeError(message)
    return family


def finder(name: str) -> "InkFamily":
    """
    Give the network of a name that finds ink.

    Raises:
        TypeError: It is another.
    """
    # Here, for it loads TensorFlow.
    from training.family import InkFamily

    family = load(name)
    if not isinstance(family, InkFamily):
        message = f"{name} finds no ink"
        raise TypeError(message)
    return family
