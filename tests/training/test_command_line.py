"""``python -m training`` explains itself, and tells in one line why it refuses."""

import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from service.settings import PACKAGED_RECOGNISER
from training import run_record
from training.arguments import parse
from training.recipes import PREPARED
from training.run_record import Run

REPOSITORY = Path(__file__).resolve().parents[2]


def run(
    *arguments: str, folder: Path, preexec_fn: Callable[[], None] | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "training", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), **environment},
        preexec_fn=preexec_fn,
        capture_output=True,
        text=True,
        check=False,
    )


def test_help_explains_itself_at_once(tmp_path: Path) -> None:
    begun = time.monotonic()
    found = run("--help", folder=tmp_path)

    assert (found.returncode, found.stderr) == (0, "")
    assert time.monotonic() - begun < 5
    for said in (
        "data -> network -> fit -> evaluate -> export -> verify -> report",
        "examples:",
        "MNIST_PATH",
    ):
        assert said in found.stdout


def test_help_loads_no_tensorflow(tmp_path: Path) -> None:
    code = (
        "import sys, training.pipeline as m\n"
        "try: m.main(['--help'])\n"
        "except SystemExit: pass\n"
        "print([n for n in ('tensorflow', 'keras', 'onnxruntime') if n in sys.modules])"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )

    assert found.stdout.splitlines()[-1] == "[]"
    assert not list(tmp_path.iterdir())


def test_a_missing_file_is_one_line_and_no_traceback(tmp_path: Path) -> None:
    found = run("--data", "absent.npz", folder=tmp_path)

    assert found.returncode == 2
    assert (
        found.stderr == "refused: absent.npz: no such file; name MNIST's npz file by --data or MNIST_PATH\n"
    )
    assert not list(tmp_path.iterdir())


def test_the_environment_names_the_file_too(tmp_path: Path) -> None:
    (tmp_path / "mnist.npz").write_bytes(b"PK\x03\x04")
    found = run(folder=tmp_path, MNIST_PATH="mnist.npz")

    assert found.returncode == 2
    assert found.stderr.startswith("refused: mnist.npz: damaged, or no npz file")
    assert found.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--recipe", "worst"], "invalid choice: 'worst'"),
        (["--epochs", "0"], "0 is not at least 1"),
        (["--images", "many"], "argument --images: 'many' is no whole number"),
        (["--epochs", "1.5"], "argument --epochs: '1.5' is no whole number"),
        (["--seed", "one"], "argument --seed: 'one' is no whole number"),
        (["--seed", "-1"], "-1 is not between 0 and"),
        (["--name", "../elsewhere"], "is no name for a folder"),
        (["--name", "lenet5-layers"], "would be taken for the layers of a model"),
        (["--imag", "3"], "unrecognized arguments"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        parse(arguments)

    assert caught.value.code == 2
    assert said in capsys.readouterr().err


def test_the_defaults_are_the_usual_recipe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MNIST_PATH", raising=False)
    found = parse([])

    assert (found.recipe, found.trial, found.data) == (PREPARED, False, None)
    assert (found.repository, found.name, found.runs) == (Path("models"), "lenet5", Path("runs/prepared-1"))
    assert (found.named, found.replace) == (False, False)


@pytest.mark.parametrize(
    ("arguments", "trial", "runs"),
    [
        (["--images", "300", "--seed", "7"], True, "prepared-7-300-images"),
        (["--epochs", "192"], True, "prepared-1-192-epochs"),
        (["--images", "300", "--epochs", "1"], True, "prepared-1-300-images-1-epochs"),
        (["--epochs", "300"], False, "prepared-1-300-epochs"),
        (["--images", "60000", "--epochs", "193"], False, "prepared-1"),
    ],
)
def test_fewer_images_or_epochs_are_a_trial_and_every_run_has_a_folder_of_its_own(
    arguments: list[str],
    trial: bool,  # noqa: FBT001  A parameter of the test.
    runs: str,
) -> None:
    found = parse(arguments)

    assert (found.trial, found.runs) == (trial, Path("runs", runs))


def test_help_tells_every_exit_code_and_what_a_trial_is() -> None:
    found = " ".join(run("--help", folder=REPOSITORY).stdout.split())

    for said in (
        "0 published",
        "1 an error",
        "2 refused",
        "130 stopped",
        "make a trial",
        "--replace lets both",
    ):
        assert said in found


@pytest.mark.parametrize("option", ["--repository", "--runs"])
def test_where_nothing_can_be_written_is_found_out_before_the_first_step(
    mnist_path: Path, tmp_path: Path, option: str
) -> None:
    # Also root cannot make a folder in a file.
    (tmp_path / "file").write_text("")
    found = run("--data", str(mnist_path), option, "file/folder", folder=tmp_path)

    assert found.returncode == 2
    assert found.stderr.startswith("refused: file/folder")
    assert found.stderr.endswith(": cannot be written: Not a directory\n")
    assert "loading" not in found.stdout
    assert [tmp_path / "file"] == list(tmp_path.iterdir())


def test_a_disk_without_room_is_found_out_before_the_first_step(mnist_path: Path, tmp_path: Path) -> None:
    def little_room() -> None:
        # Stands for a full disk, for root as well: what is over the limit is not written.
        resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, 2**20))

    found = run("--data", str(mnist_path), folder=tmp_path, preexec_fn=little_room)

    assert (found.returncode, found.stderr) == (
        2,
        "refused: models/lenet5: cannot be written: File too large\n",
    )
    assert not list(tmp_path.iterdir())


def test_a_trial_under_a_name_in_use_is_refused_before_the_first_step(
    mnist_path: Path, tmp_path: Path
) -> None:
    found = run("--epochs", "1", "--name", "lenet5", "--data", str(mnist_path), folder=tmp_path)

    assert found.returncode == 2
    assert found.stderr == (
        f"refused: this is a trial, and lenet5 {PACKAGED_RECOGNISER.name} is for use: a trial does not take "
        "its name; give another --name, or --replace with this one\n"
    )
    assert not list(tmp_path.iterdir())


def test_a_folder_of_another_run_is_refused_before_anything_is_loaded(tmp_path: Path) -> None:
    run_record.write(tmp_path, Run(repr(PREPARED), seed=1))
    code = (
        "import sys, training.pipeline as m\n"
        f"status = m.main(['--seed', '2', '--runs', {str(tmp_path)!r}])\n"
        "print(status, [n for n in ('tensorflow', 'keras') if n in sys.modules])"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )

    assert found.stdout == "training lenet5 by the recipe prepared with seed 2\n2 []\n"
    assert found.stderr == (
        f"refused: {tmp_path}: holds a run of another seed; remove it, or give another --runs\n"
    )
