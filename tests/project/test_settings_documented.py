"""Every setting stands in docs/settings.md with its default and its reason."""

from pathlib import Path

from service.settings import PREFIX, Settings

DOCUMENT = Path(__file__).parents[2] / "docs" / "settings.md"


def rows() -> list[str]:
    return [
        f"| `{PREFIX}{name.upper()}` | {shown(field.default)} | {' '.join(str(field.description).split())} |"
        for name, field in Settings.model_fields.items()
    ]


def shown(default: object) -> str:
    return "the package's" if isinstance(default, Path) else f"`{default}`"


def test_every_setting_is_documented_with_its_default_and_reason() -> None:
    documented = [line for line in DOCUMENT.read_text().splitlines() if line.startswith(f"| `{PREFIX}")]

    assert rows() == documented
