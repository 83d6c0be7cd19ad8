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
APACHE = {"Apache-2.0", "Apache Software License"}
"""Two names of a licence whose text names nobody, so that one stands for all."""


def main() -> None:
    """Write one section a package, in the order of their names."""
    found = {each.name.lower(): each for each in distributions() if each.name.lower() != OURS}
    texts = {name: "\n".join(_texts(distribution)) for name, distribution in found.items()}
    licences = {name: _licence(distribution) for name, distribution in found.items()}
    print("Notices of the packages that lenet5-service is distributed with, or needs.")
    for name, distribution in sorted(found.items()):
        head = f"{distribution.name} {distribution.version}\nLicence: {licences[name] or 'as below'}"
        text = texts[name] or _elsewhere(licences[name], licences, texts)
        print(f"\n{RULE}\n{head}\n{RULE}\n{text}")
    missing = [name for name in sorted(found) if not licences[name] and not texts[name]]
    if missing:
        sys.exit(f"no licence is told by: {', '.join(missing)}")


def _elsewhere(licence: str, licences: dict[str, str], texts: dict[str, str]) -> str:
    """Name a package with the text that another does not carry: the one with the least beside it."""
    same = [name for name in texts if texts[name] and {licence, licences[name]} <= APACHE]
    where = f" Its text is that of {min(same, key=lambda name: len(texts[name]))}." if same else ""
    return f"\nThe package carries no text of it.{where}\n"


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
