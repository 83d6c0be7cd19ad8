"""
Print the licence notices of everything that an environment has installed.

    python notices.py > THIRD-PARTY-NOTICES.txt

Run it by the environment's own Python. A package without a licence stops it.
"""

import re
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path

LEGAL = re.compile(r"(?:licen[cs]e|copying|notice|authors|third.?party)[^/]*$", re.IGNORECASE)
OURS = "lenet5-service"
RULE = "=" * 79


def main() -> None:
    """Write one section a package, in the order of their names."""
    found = {distribution.name.lower(): distribution for distribution in distributions()}
    missing = []
    print("Notices of the packages that lenet5-service is distributed with.")
    for name, distribution in sorted(found.items()):
        if name == OURS:
            continue
        licence, texts = _licence(distribution), list(_texts(distribution))
        if not licence and not texts:
            missing.append(name)
        head = f"{distribution.name} {distribution.version}\nLicence: {licence or 'as below'}"
        print("\n".join(["", RULE, head, RULE, *texts]))
    if missing:
        sys.exit(f"no licence is told by: {', '.join(missing)}")


def _licence(distribution: Distribution) -> str:
    """Name the licence: the expression, or else the classifiers, or else the old free text if short."""
    told = distribution.metadata
    classifiers = [
        each.rpartition(" :: ")[2] for each in told.get_all("Classifier", []) if each.startswith("License ::")
    ]
    free = told.get("License", "")
    return told.get("License-Expression") or ", ".join(classifiers) or (free if "\n" not in free else "")


def _texts(distribution: Distribution) -> Iterator[str]:
    """Give the text of every legal file that the package installed, under its name."""
    for file in sorted(distribution.files or []):
        if LEGAL.search(str(file)) and file.suffix.lower() not in {".py", ".pyc", ".so", ".json"}:
            path = Path(str(file.locate()))
            if path.is_file():
                yield f"\n--- {file} ---\n\n{path.read_text(encoding='utf-8', errors='replace').rstrip()}\n"


if __name__ == "__main__":
    main()
