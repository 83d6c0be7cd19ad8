"""One account out of those of several processes."""

from collections.abc import Callable, Iterable, Mapping

from service.metrics import families
from service.metrics.instruments import Series
from service.metrics.ledger import Snapshot

_CHOICES: Mapping[str, Callable[[Iterable[float]], float]] = {"sum": sum, "max": max, "min": min}


def merged(accounts: Iterable[tuple[Snapshot, bool]]) -> Snapshot:
    """
    Make one of several.

    Args:
        accounts: What each process has counted, and whether it lives. What the dead have counted stays
            counted; how things were with them is over.
    """
    accounts = list(accounts)
    whole: Snapshot = {}
    for family in families.ALL:
        gauge = family.kind == "gauge"
        together: dict[tuple[str, ...], list[list[float]]] = {}
        for snapshot, alive in accounts:
            if alive or not gauge:
                for labels, numbers in snapshot.get(family.name, {}).items():
                    together.setdefault(labels, []).append(numbers)
        choose = _CHOICES[family.workers]
        series: Series = {
            labels: [choose(column) for column in zip(*each, strict=True)]
            for labels, each in together.items()
        }
        if series:
            whole[family.name] = series
    return whole
