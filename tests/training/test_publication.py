"""A version appears whole or not at all."""

import resource
from pathlib import Path

import pytest

from training.errors import PublicationError
from training.publication import draft, next_version


@pytest.mark.parametrize(
    ("present", "expected"), [([], 1), (["1"], 2), (["1", "2", "10"], 11), (["notes", ".new-x", "3"], 4)]
)
def test_the_next_version_follows_the_largest(tmp_path: Path, present: list[str], expected: int) -> None:
    for name in present:
        (tmp_path / name).mkdir()

    assert next_version(tmp_path) == expected


def test_a_model_without_a_folder_begins_at_one(tmp_path: Path) -> None:
    assert next_version(tmp_path / "absent") == 1


def test_a_version_is_hidden_until_it_is_whole(tmp_path: Path) -> None:
    with draft(tmp_path / "models", "lenet5") as version:
        (version.folder / "card.json").write_text("{}")

        assert version.folder.name.startswith(".")
        assert not (tmp_path / "models" / "lenet5" / "1").exists()

    published = tmp_path / "models" / "lenet5" / "1"
    assert version.number == "1"
    assert (published / "card.json").read_text() == "{}"
    assert published.stat().st_mode & 0o777 == 0o755
    assert [published] == list(published.parent.iterdir())


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_failure_leaves_nothing_behind(tmp_path: Path, error: type[BaseException]) -> None:
    with pytest.raises(error), draft(tmp_path / "models", "lenet5") as version:  # noqa: PT012  A body that fails.
        (version.folder / "model.onnx").write_bytes(b"half")
        raise error

    assert not list(tmp_path.iterdir())


def test_a_failure_leaves_earlier_versions_alone(tmp_path: Path) -> None:
    earlier = tmp_path / "lenet5" / "1"
    earlier.mkdir(parents=True)

    with pytest.raises(ValueError, match="unlucky"), draft(tmp_path, "lenet5"):  # noqa: PT012  A body that fails.
        message = "unlucky"
        raise ValueError(message)

    assert [earlier] == list(earlier.parent.iterdir())


def test_a_number_taken_meanwhile_is_refused_and_the_other_version_stays(tmp_path: Path) -> None:
    taken = tmp_path / "lenet5" / "1"

    with pytest.raises(PublicationError, match="another run published"), draft(tmp_path, "lenet5"):  # noqa: PT012  A body that fails.
        taken.mkdir()
        (taken / "card.json").write_text("theirs")

    assert (taken / "card.json").read_text() == "theirs"
    assert [taken] == list(taken.parent.iterdir())


def test_a_disk_that_is_full_is_one_line_and_leaves_nothing_behind(tmp_path: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, limits[1]))
    try:
        with pytest.raises(PublicationError) as caught, draft(tmp_path / "models", "lenet5") as version:
            (version.folder / "model.onnx").write_bytes(bytes(2**20 + 1))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert str(caught.value) == (
        f"{tmp_path / 'models' / 'lenet5' / '1'}: cannot be written: File too large; the training is kept"
    )
    assert not list(tmp_path.iterdir())


def test_what_a_killed_run_left_is_removed_by_the_next_and_what_another_writes_is_not(tmp_path: Path) -> None:
    killed = tmp_path / "lenet5" / ".new-killed"
    killed.mkdir(parents=True)
    (killed / "model.onnx").write_bytes(b"half")

    with draft(tmp_path, "lenet5") as first, draft(tmp_path, "lenet5"):
        assert first.folder.is_dir()
        assert not killed.exists()


def test_a_repository_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("")

    with pytest.raises(PublicationError, match="cannot be written"), draft(tmp_path / "models", "lenet5"):
        pass
