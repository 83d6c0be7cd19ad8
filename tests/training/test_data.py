"""MNIST is had whole and unaltered, or a clear error says why not."""

import errno
import pickle
import sys
import urllib.error
from email.message import Message
from pathlib import Path

import keras
import numpy as np
import pytest

from training.data import SHA256, Mnist, load, split
from training.errors import DataError


def test_mnist_is_read_whole(mnist: Mnist) -> None:
    assert mnist.train_images.shape == (60_000, 28, 28)
    assert mnist.test_labels.shape == (10_000,)
    assert mnist.train_images.dtype == mnist.test_labels.dtype == np.uint8
    assert mnist.train_labels[:5].tolist() == [5, 0, 4, 1, 9]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"absent\.npz: no such file; name MNIST's npz file by --data"):
        load(tmp_path / "absent.npz")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read: Is a directory"):
        load(tmp_path)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"not an archive", bytes(1000)])
def test_what_is_no_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "mnist.npz"
    path.write_bytes(content)

    with pytest.raises(DataError, match="damaged, or no npz file"):
        load(path)


def test_a_pickle_is_never_opened(tmp_path: Path) -> None:
    path = tmp_path / "mnist.npz"
    path.write_bytes(pickle.dumps({"x_train": 1}))

    with pytest.raises(DataError) as caught:
        load(path)

    assert str(caught.value) == f"{path}: damaged, or no npz file; get MNIST's npz file anew"


def test_objects_inside_an_archive_are_never_unpickled(tmp_path: Path) -> None:
    path = tmp_path / "mnist.npz"
    np.savez(path, **{name: np.array([{}], dtype=object) for name in SHA256})

    with pytest.raises(DataError, match="damaged, or no npz file"):
        load(path)


def test_a_single_array_is_no_archive(tmp_path: Path) -> None:
    path = tmp_path / "mnist.npy"
    np.save(path, np.zeros(3))

    with pytest.raises(DataError, match="damaged, or no npz file"):
        load(path)


def test_another_archive_is_refused_by_its_names(tmp_path: Path) -> None:
    path = tmp_path / "other.npz"
    np.savez(path, images=np.zeros(3))

    with pytest.raises(DataError, match="not MNIST's npz file"):
        load(path)


def test_a_truncated_file_is_refused(mnist_path: Path, tmp_path: Path) -> None:
    path = tmp_path / "mnist.npz"
    path.write_bytes(mnist_path.read_bytes()[:5_000_000])

    with pytest.raises(DataError, match="damaged, or no npz file"):
        load(path)


def test_a_flipped_bit_in_the_file_is_refused(mnist_path: Path, tmp_path: Path) -> None:
    content = bytearray(mnist_path.read_bytes())
    content[3_000_000] ^= 1
    path = tmp_path / "mnist.npz"
    path.write_bytes(content)

    with pytest.raises(DataError, match=r"damaged|the array \w+ is not MNIST's"):
        load(path)


def test_one_altered_label_is_found(mnist: Mnist, tmp_path: Path) -> None:
    labels = mnist.test_labels.copy()
    labels[0] ^= 1
    path = tmp_path / "mnist.npz"
    np.savez(
        path, x_train=mnist.train_images, y_train=mnist.train_labels, x_test=mnist.test_images, y_test=labels
    )

    with pytest.raises(DataError, match="the array y_test is not MNIST's"):
        load(path)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            urllib.error.URLError(ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused")),
            "Connection refused",
        ),
        (
            urllib.error.HTTPError("", 404, "Not Found", Message(), None),
            "it was answered with the status 404",
        ),
        (OSError(errno.ENOSPC, "No space left on device"), "No space left on device"),
        (ValueError("Incomplete or corrupted file detected."), "it did not come whole"),
    ],
)
def test_a_download_that_fails_is_told_in_plain_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: Exception, said: str
) -> None:
    def load_data() -> None:
        sys.stdout.write("Downloading data from somewhere")
        try:
            raise error
        except urllib.error.URLError:
            message = "URL fetch failure"
            raise Exception(message)  # noqa: B904, TRY002  So does Keras.

    monkeypatch.setattr(keras.datasets.mnist, "load_data", load_data)

    with pytest.raises(DataError) as caught:
        load(None)

    assert str(caught.value) == (
        f"MNIST could not be downloaded: {said}; name a file by --data or MNIST_PATH"
    )
    assert capsys.readouterr() == ("", "")


def test_the_lectures_split_is_the_lectures(mnist: Mnist) -> None:
    (images, labels), (behind, answers) = split(mnist, 40_000)

    assert (len(images), len(labels), len(behind), len(answers)) == (40_000, 40_000, 20_000, 20_000)
    np.testing.assert_array_equal(behind, mnist.train_images[40_000:])
    np.testing.assert_array_equal(labels, mnist.train_labels[:40_000])


@pytest.mark.parametrize(
    ("training", "validation"), [(55_000, 5000), (300, 1000), (10_000, 5000), (59_999, 1)]
)
def test_a_trial_validates_on_few_images_too(training: int, validation: int) -> None:
    found = split(_empty(60_000), training)

    assert [training, validation] == [len(images) for images, _ in found]


def test_all_images_leave_none_to_validate_on() -> None:
    with pytest.raises(DataError, match="leave none to validate on"):
        split(_empty(100), 100)


def _empty(number: int) -> Mnist:
    images, labels = np.zeros((number, 1, 1), np.uint8), np.zeros(number, np.uint8)
    return Mnist(images, labels, images, labels)
