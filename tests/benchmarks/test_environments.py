"""Environments are made once, and anew when what they are made from has changed."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import environments
from benchmarks.errors import UnavailableError
from benchmarks.peers import PEERS, Server


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Server:
    monkeypatch.setattr(environments, "FOLDER", tmp_path / "environments")
    (tmp_path / "peer").mkdir()
    (tmp_path / "peer" / "requirements.txt").write_text("litserve==1\n")
    return replace(PEERS["litserve"], folder=tmp_path / "peer")


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[Sequence[str]]:
    """What is run to make environments; nothing is installed."""
    commands: list[Sequence[str]] = []

    def run(command: Sequence[str]) -> str:
        commands.append(command)
        if "venv" in command:
            Path(command[-1]).mkdir(parents=True)
        return ""

    monkeypatch.setattr(environments, "_run", run)
    return commands


def test_an_environment_is_made_once(server: Server, commands: list[Sequence[str]]) -> None:
    environments.prepare(server)
    made = len(commands)
    environments.prepare(server)

    assert made == 2
    assert len(commands) == made


def test_other_requirements_make_another_environment(server: Server, commands: list[Sequence[str]]) -> None:
    environments.prepare(server)
    commands.clear()
    (server.folder / "requirements.txt").write_text("litserve==2\n")
    environments.prepare(server)

    assert commands


def test_what_an_installer_says_is_the_reason(server: Server, tmp_path: Path) -> None:
    (tmp_path / "peer" / "requirements.txt").write_text("no requirement\n")

    with pytest.raises(UnavailableError, match="no requirement"):
        environments.prepare(server)


def test_a_missing_interpreter_is_the_reason(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(environments.PYTHON_312, "no-such-python")

    with pytest.raises(UnavailableError, match="no-such-python"):
        environments.prepare(replace(server, runtime="python3.12"))
