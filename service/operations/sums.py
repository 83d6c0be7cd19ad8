"""How the sum of a convolution's cell comes about: its window, the products, the bias, the activation."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from service.operations import explanations
from service.operations.numbers import Floats
from service.operations.operation import Cell
from service.operations.signals import Signal
from service.operations.weights import Weights
from service.operations.windows import Axis


@dataclass(frozen=True)
class Sums:
    """
    How windows slide along a padded input and meet the kernels.

    Attributes:
        signal: The input, for the axes that its sender knows.
        weights: The kernels as applied.
        axes: Height and width.
    """

    signal: Signal
    weights: Weights
    axes: tuple[Axis, Axis]

    def count(self, cells: int) -> int:
        """Count the numbers of an explanation of so many cells: the padded input, windows and products."""
        padded = self.signal.channels * self.axes[0].padded * self.axes[1].padded
        return padded + cells * (2 * self.weights.values.size + 4 * len(self.weights.values))

    def explain(self, cells: Sequence[Cell], maps: Floats, padded: Floats) -> dict[str, Any]:
        """
        Show ``u[n, m] = sum I[n + i, m + j] W[i, j] + b`` and ``v = phi(u)`` (lecture, lines 220 and 221).

        Args:
            cells: Rows and columns of the output.
            maps: The output, ``(maps, height, width)`` float32.
            padded: What the windows slide along, ``(channels, height, width)`` float32.
        """
        applied = self.weights.values
        maps_a_group = len(maps) // self.weights.groups
        depth = applied.shape[1]
        shown = []
        for cell in cells:
            for index, kernel in enumerate(applied):
                first = index // maps_a_group * depth
                window = explanations.window(padded[first : first + depth], self.axes, cell)
                products = window.astype(np.float64) * kernel
                shown.append(
                    {
                        **explanations.place(cell, index, self.signal),
                        "channels": [first, first + depth - 1],
                        "window": explanations.shaped(window, self.signal),
                        "products": explanations.shaped(products.astype(np.float32), self.signal),
                        "sum": np.float32(products.sum()),
                        "bias": self.weights.bias[index],
                        "activation": maps[index][cell],
                    }
                )
        return {
            "padded_input": self.signal.present(padded, several=False),
            "kernel_as_applied": applied[0, 0, 0] if self.signal.rank == 1 else applied,
            "cells": shown,
        }
