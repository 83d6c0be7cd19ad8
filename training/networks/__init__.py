"""The networks that can be trained, one file each: ``<name>.py`` with its ``FAMILY``."""

import importlib
import pkgutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from training.family import Family

DEFAULT = "lenet5"


def names() -> list[str]:
    """Give the names that ``load`` knows, without loading TensorFlow: a file's ``_`` stands for ``-``."""
    return sorted(module.name.replace("_", "-") for module in pkgutil.iter_modules(__path__))


def load(name: str) -> "Family":
    """
    Give the network of a name.

    Raises:
        ModuleNotFoundError: There is no file of that name.
    """
    module = importlib.import_module(f"{__name__}.{name.replace('-', '_')}")
    family: Family = module.FAMILY
    return family
