"""Every setting stands in docs/settings.md with its default and its reason."""

import ast
import inspect
from itertools import pairwise
from pathlib import Path

from service import settings

DOCUMENT = Path(__file__).parents[2] / "docs" / "settings.md"


def reasons() -> dict[str, str]:
    """The docstring under each field of the settings, by the field's name."""
    found = {}
    for room in ast.parse(inspect.getsource(settings)).body:
        if isinstance(room, ast.ClassDef):
            for field, reason in pairwise(room.body):
                if isinstance(field, ast.AnnAssign) and isinstance(reason, ast.Expr):
                    assert isinstance(field.target, ast.Name)
                    assert isinstance(reason.value, ast.Constant)
                    found[field.target.id] = " ".join(str(reason.value.value).split())
    return found


def rows() -> list[str]:
    reason = reasons()
    return [
        f"| `{settings.PREFIX}{name.upper()}` | {shown(field.default)} | {reason[name]} |"
        for name, field in settings.Settings.model_fields.items()
    ]


def shown(default: object) -> str:
    return "the package's" if isinstance(default, Path) else f"`{default}`"


def test_every_setting_is_documented_with_its_default_and_reason() -> None:
    documented = [
        line for line in DOCUMENT.read_text().splitlines() if line.startswith(f"| `{settings.PREFIX}")
    ]

    assert rows() == documented
