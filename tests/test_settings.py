"""Settings come from the environment and a file, checked as a whole; a bad one is told by its name."""

from pathlib import Path

import pytest

from service.errors import SettingsError
from service.settings import Settings, load


@pytest.fixture
def nothing(tmp_path: Path) -> Path:
    return tmp_path / "nothing"


def test_without_settings_the_defaults_hold(nothing: Path) -> None:
    assert load({}, nothing) == Settings()
    assert load({"PATH": "/bin", "XLENET_PORT": "1"}, nothing) == Settings()


def test_settings_are_read_in_any_case_and_the_environment_beats_the_file(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("LENET_PORT=1\nLENET_THREADS=3\n# a comment\nOTHER=x\nlenet_host='127.0.0.2'\n")
    settings = load({"LENET_PORT": "2", "lenet_max_images": "5"}, file)

    assert (settings.port, settings.threads, settings.host, settings.max_images) == (2, 3, "127.0.0.2", 5)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LENET_PORT", "xyzzy"),
        ("LENET_PORT", "-1"),
        ("LENET_PORT", "65536"),
        ("LENET_PORT", ""),
        ("LENET_PORT", "8000.5"),
        ("LENET_DEVICE", "tpu"),
        ("LENET_THREADS", "-1"),
        ("LENET_MAX_BODY_BYTES", "0"),
        ("LENET_MAX_IMAGES", "-5"),
        ("LENET_BODY_DEADLINE_S", "0"),
        ("LENET_BODY_DEADLINE_S", "inf"),
        ("LENET_BODY_DEADLINE_S", "nan"),
        ("LENET_LOG_LEVEL", "loud"),
        ("LENET_LOG_FORMAT", "xml"),
        ("LENET_POTR", "8000"),
        ("LENET_", "x"),
        ("lenet_xyzzy", "1"),
    ],
)
@pytest.mark.parametrize("place", ["environment", "file"])
def test_a_bad_or_unknown_setting_is_named(name: str, value: str, place: str, tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text(f"{name}={value}\n" if place == "file" else "")

    with pytest.raises(SettingsError, match=name.upper()) as refused:
        load({name: value} if place == "environment" else {}, file)
    assert "\n" not in str(refused.value)


def test_every_bad_setting_is_named_at_once(nothing: Path) -> None:
    with pytest.raises(SettingsError, match=r"LENET_PORT.*LENET_DEVICE|LENET_DEVICE.*LENET_PORT"):
        load({"LENET_PORT": "x", "LENET_DEVICE": "x"}, nothing)


def test_settings_do_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings().port = 1
