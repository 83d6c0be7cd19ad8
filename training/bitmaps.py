"""The ten digits on bitmaps of 7x12 pixels, which LeNet-5's F6 learns to draw (LeCun et al. 1998, II.B)."""

import numpy as np
import numpy.typing as npt

HEIGHT, WIDTH = 12, 7

DRAWINGS = """
..###.. ...#... .#####. .#####. ....#.. ####### ...###. ####### ..###.. ..###..
.##.##. ..##... ##...## ##...## ...##.. ##..... ..##... ##...## .#...#. .##.##.
##...## .###... ##...## .....## ..###.. ##..... .##.... .....## ##...## ##...##
##...## ..##... .....## .....## ..#.#.. ##..... ##..... ....##. ##...## ##...##
##...## ..##... .....## ....##. .##.##. ##.###. ##..... ....##. .##.##. ##...##
##...## ..##... ....##. ..####. .#..##. ####.## ##.###. ...##.. ..###.. .##.###
##...## ..##... ...##.. ....##. ##..##. ##...## ####.## ...##.. .##.##. ..##.##
##...## ..##... ..##... .....## ####### .....## ##...## ..##... ##...## .....##
##...## ..##... .##.... .....## ####### .....## ##...## ..##... ##...## .....##
##...## ..##... ##..... .....## ....##. .....## ##...## ..##... ##...## ....##.
.##.##. ..##... ##..... ##...## ....##. ##...## .##.##. .##.... .#...#. ...##..
..###.. .####.. ####### .#####. ....##. .#####. ..###.. .##.... ..###.. .###...
"""
"""The digits 0 to 9 side by side."""


def bitmaps() -> npt.NDArray[np.float32]:
    """Return the digits 0 to 9, ``(10, 84)`` float32 row by row: 1 for ink and -1 for paper."""
    rows = [line.split() for line in DRAWINGS.split("\n") if line]
    ink = np.array([[list(cells) for cells in row] for row in rows]) == "#"
    return np.where(ink.swapaxes(0, 1).reshape(-1, HEIGHT * WIDTH), 1, -1).astype(np.float32)


def distances() -> npt.NDArray[np.int64]:
    """Return in how many pixels two digits differ, ``(10, 10)``: a fourth of their squared distance."""
    drawn = bitmaps()
    return np.asarray((drawn[:, None] != drawn[None]).sum(axis=2))
