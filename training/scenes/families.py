"""Families of pictures that people send: the same seed, the same pictures."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from training.scenes import blanks
from training.scenes.annotations import ANNOTATIONS
from training.scenes.damage import DAMAGES, Damaged
from training.scenes.marks import MARKS
from training.scenes.numbers import Number
from training.scenes.photos import Bare, Cell, Lined, OnDesk
from training.scenes.scans import Cropped, drawing, grey_scan, negative, off_centre, specked, tiny
from training.scenes.scene import Family, Scene
from training.scenes.surroundings import SURROUNDINGS


def frozen(neighbours: npt.NDArray[np.uint8]) -> dict[str, Family]:
    """
    Give the families of the first round by their names. They stay as they are: figures are compared.

    Args:
        neighbours: Digits to write into the cells around the one that counts, ``(number, 28, 28)``.
    """
    small = (28, 48)
    return {
        "MNIST's 28x28, dark on light": negative,
        "28x28, any size, off centre": off_centre,
        "16x16 greys": tiny,
        "two-level scan of 55x79, specks": specked,
        "two-level scan, 0 to 3 pixels around the ink": Cropped((0, 3)),
        "two-level scan, 4 to 12 pixels around the ink": Cropped((4, 12)),
        "grey scan": grey_scan,
        "drawing on a screen": drawing,
        "photo, bare paper": Bare(),
        "photo, squared paper": Lined(squared=True),
        "photo, ruled paper": Lined(squared=False),
        "photo, cell of a table, borders at the edge": Cell((-0.03, 0.05), neighbours),
        "photo, cell of a table, neighbours in sight": Cell((0.03, 0.3), neighbours),
        "photo, box by itself": Cell((0.04, 0.4)),
        "photo, digit touches its cell's border": Cell((0.02, 0.2), neighbours, touched=True),
        "photo of 28 to 48 pixels, bare paper": Bare(small, least_share=0.45),
        "photo of 28 to 48 pixels, cell of a table": Cell((-0.03, 0.05), neighbours, sides_px=small),
    }


def new() -> dict[str, Family]:
    """Give the families that were added for what users report, by their names."""
    return {
        **{f"damage: {name}": Damaged(damage) for name, damage in DAMAGES.items()},
        **MARKS,
        **SURROUNDINGS,
        **ANNOTATIONS,
        "photo, edge of the paper in sight": OnDesk(),
    }


def several(others: npt.NDArray[np.uint8]) -> dict[str, Family]:
    """Give families of more than one digit, by their names; ``others`` are written behind the first."""
    return {"several digits in a row, in a column or apart": Number(others)}


def without_digit() -> dict[str, Family]:
    """Give families that draw something else around ``blanks.NO_DIGIT``, by their names."""
    return {
        "one level, noise, specks, a line": blanks.flat,
        "slopes, rings, clouds, stripes": blanks.pattern,
        "paper seen closely": blanks.paper,
        "a row of empty boxes": ANNOTATIONS["in a row of boxes"],
        "photo, empty squared paper": Lined(squared=True),
        "photo, empty ruled paper": Lined(squared=False),
        "photo, an empty box": Cell((0.04, 0.4)),
        "photo, empty paper and its edge": OnDesk(),
    }


def scenes(
    name: str, family: Family, images: npt.NDArray[np.uint8], number: int, seed: int
) -> Iterator[tuple[int, Scene]]:
    """Draw a family's scenes of different images; give each with the index of its image."""
    random = np.random.default_rng([seed, *name.encode()])
    for index in random.permutation(len(images))[:number].tolist():
        yield index, family(images[index], random)
