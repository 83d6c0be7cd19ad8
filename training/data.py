"""MNIST from a file or from Keras' downloader, every array verified by its hash."""

import contextlib
import hashlib
import io
import urllib.error
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from training.errors import DataError
from training.startup import load_tensorflow

Images = npt.NDArray[np.uint8]
"""Grey images, ``(number, 28, 28)``, uint8, 0 (black) to 255."""

Labels = npt.NDArray[np.uint8]
"""The digit in each image, ``(number,)``, uint8, 0 to 9."""

SHA256 = {
    "x_train": "741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757",
    "y_train": "1feba77c54802fa5339a11837ea4b2866434b83314ec45192930f1df69120c13",
    "x_test": "6d87418db22cc8025d05968bec9bd5c3932904b23485740db143a061a2c9d161",
    "y_test": "ddeff807876a9661a1110d45c266c86239a3a1b7d37da0c3716a7a683c852ff5",
}
"""SHA-256 of the bytes of each array of MNIST in row-major order."""


LEAST_VALIDATION = 1000
"""A trial on a few images still validates on so many, for a temperature and a threshold need them."""

Part = tuple[Images, Labels]
"""Images and their labels, one for one."""


@dataclass(frozen=True)
class Mnist:
    """The 60,000 training and the 10,000 test images with their labels."""

    train_images: Images
    train_labels: Labels
    test_images: Images
    test_labels: Labels


def split(mnist: Mnist, training_images: int) -> tuple[Part, Part]:
    """
    Give the first images to train on and those behind them to validate on.

    A trial on few images validates on few as well: half as many, and 1,000 at least.

    Raises:
        DataError: Nothing is left to validate on.
    """
    left = len(mnist.train_images) - training_images
    if left < 1:
        message = (
            f"{training_images} of {len(mnist.train_images)} images to train on leave none to validate on"
        )
        raise DataError(message)
    end = training_images + min(left, max(LEAST_VALIDATION, training_images // 2))
    first, behind = slice(training_images), slice(training_images, end)
    return (
        (mnist.train_images[first], mnist.train_labels[first]),
        (mnist.train_images[behind], mnist.train_labels[behind]),
    )


def load(path: Path | None) -> Mnist:
    """
    Read MNIST and verify it.

    Args:
        path: An ``mnist.npz`` with the arrays that Keras' file has, or None to let
            Keras download it (into ``~/.keras/datasets``).

    Raises:
        DataError: The file cannot be had or read, or an array is not MNIST's.
    """
    arrays = _downloaded() if path is None else _read(path)
    for name, expected in SHA256.items():
        if hashlib.sha256(np.ascontiguousarray(arrays[name]).tobytes()).hexdigest() != expected:
            message = f"{path or 'the downloaded file'}: the array {name} is not MNIST's; get the file anew"
            raise DataError(message)
    return Mnist(arrays["x_train"], arrays["y_train"], arrays["x_test"], arrays["y_test"])


def _read(path: Path) -> dict[str, npt.NDArray[np.uint8]]:
    try:
        # The file comes from elsewhere: never unpickle.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            return {name: archive[name] for name in SHA256}
    except FileNotFoundError:
        message = f"{path}: no such file; name MNIST's npz file by --data or MNIST_PATH"
        raise DataError(message) from None
    except KeyError:
        message = f"{path}: not MNIST's npz file; get it anew"
        raise DataError(message) from None
    except (IsADirectoryError, PermissionError) as error:
        message = f"{path}: cannot be read: {error.strerror}"
        raise DataError(message) from None
    except (
        OSError,
        ValueError,
        EOFError,
        zipfile.BadZipFile,
        zlib.error,
        TypeError,
        AttributeError,
    ) as error:
        # What NumPy says of it would mislead: it advises to unpickle the file.
        message = f"{path}: damaged, or no npz file; get MNIST's npz file anew"
        raise DataError(message) from error


def _downloaded() -> dict[str, npt.NDArray[np.uint8]]:
    load_tensorflow()
    import keras

    try:
        # Keras prints how the download goes, and would print it among our own lines.
        with contextlib.redirect_stdout(io.StringIO()):
            (x_train, y_train), (x_test, y_test) = keras.datasets.mnist.load_data()
    except Exception as error:
        # Keras raises a bare Exception when a download fails.
        message = f"MNIST could not be downloaded: {_reason(error)}; name a file by --data or MNIST_PATH"
        raise DataError(message) from error
    return {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}


def _reason(error: Exception) -> str:
    """Say why a download failed: what the system says, not what each library wrapped it in."""
    cause = error.__context__ if isinstance(error.__context__, OSError) else error
    if isinstance(cause, urllib.error.HTTPError):
        return f"it was answered with the status {cause.code}"
    if isinstance(cause, urllib.error.URLError) and isinstance(cause.reason, OSError):
        cause = cause.reason
    return cause.strerror if isinstance(cause, OSError) and cause.strerror else "it did not come whole"
