"""Markdown tables."""

from collections.abc import Iterable


def table(head: Iterable[str], *rows: Iterable[str]) -> str:
    """Write a table of text cells."""
    cells = [tuple(head), *map(tuple, rows)]
    cells.insert(1, ("---",) * len(cells[0]))
    return "\n".join(f"| {' | '.join(row)} |" for row in cells) + "\n"
