"""
Write the bill of materials of an environment, in CycloneDX: what is installed, with versions and licences.

    python deploy/bill.py PYTHON FILE

PYTHON is the environment's; cyclonedx-bom has to be in the environment of the one that runs this.
"""

import json
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1] / "pyproject.toml"
TOLD = """
import json
from importlib.metadata import distributions
print(json.dumps({each.name: [each.version, each.metadata.get("License")] for each in distributions()}))
"""


def main(python: str, file: Path) -> None:
    """Write it."""
    options = ["--output-reproducible", "--mc-type", "application", "--pyproject", str(PROJECT)]
    command = [sys.executable, "-m", "cyclonedx_py", "environment", *options, python]
    bill = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    told = json.loads(subprocess.run([python, "-c", TOLD], check=True, capture_output=True, text=True).stdout)
    # pyproject.toml leaves the version to the package, so that the tool finds none there.
    bill["metadata"]["component"]["version"], _ = told["lenet5-service"]
    for part in bill["components"]:
        _, licence = told[part["name"]]
        # The tool leaves out what is neither SPDX nor a classifier; a long one is the text, told elsewhere.
        if "licenses" not in part and licence and "\n" not in licence:
            part["licenses"] = [{"license": {"acknowledgement": "declared", "name": licence}}]
    file.write_text(json.dumps(bill, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
