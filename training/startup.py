"""TensorFlow, loaded with what it must be told beforehand, and without its talk."""

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

STDERR = 2


def load_tensorflow() -> None:
    """
    Import TensorFlow.

    oneDNN is asked for explicitly: on processors where TensorFlow leaves it off, a step of
    training takes twice as long (measured: 34 against 15 ms).
    """
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    # Even its errors are talk here: they tell of GPUs that are not there. What fails raises an exception.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with _silent_stderr():
        import tensorflow as tf
        import tf2onnx  # noqa: F401  It speaks while it is imported, as TensorFlow does.
    tf.get_logger().setLevel("ERROR")
    warnings.filterwarnings("ignore", module="tf2onnx")


@contextmanager
def _silent_stderr() -> Iterator[None]:
    # Before its logging is set up TensorFlow's C++ writes to the descriptor itself, whatever the level.
    kept = os.dup(STDERR)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, STDERR)
        yield
    finally:
        os.dup2(kept, STDERR)
        os.close(kept)
        os.close(nowhere)
