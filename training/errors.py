"""Why a run is refused; the command line shows each as one line."""


class Refusal(Exception):  # noqa: N818  What the children are errors of.
    """
    Anything foreseen that keeps a network from being published.

    Refusal
    ├── DataError
    ├── StorageError
    ├── ResumeError
    ├── SuccessionError
    ├── ExportError
    ├── DescriptionError
    └── PublicationError
    """


class DataError(Refusal):
    """MNIST is missing, damaged or altered."""


class StorageError(Refusal):
    """The folder of the run cannot be written, or the repository takes no version, or the disk is full."""


class ResumeError(Refusal):
    """A run cannot be resumed: it is damaged, or of another recipe or seed, or goes on elsewhere."""


class SuccessionError(Refusal):
    """The network is a trial, or worse than the version that has the name."""


class ExportError(Refusal):
    """The exported files are not what was trained, or the network reads a golden digit wrong."""


class DescriptionError(Refusal):
    """A published version cannot be described anew."""


class PublicationError(Refusal):
    """The version cannot be written, or another run took its number."""
