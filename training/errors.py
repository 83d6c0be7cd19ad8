"""Why a run is refused; the command line shows each as one line."""


class Refusal(Exception):  # noqa: N818  What the children are errors of.
    """
    Anything foreseen that keeps a network from being published.

    Refusal
    ├── DataError
    ├── ResumeError
    ├── ExportError
    └── PublicationError
    """


class DataError(Refusal):
    """MNIST is missing, damaged or altered."""


class ResumeError(Refusal):
    """A checkpoint cannot be resumed: it is damaged, or another recipe's or seed's."""


class ExportError(Refusal):
    """The exported files are not what was trained, or the network reads a golden digit wrong."""


class PublicationError(Refusal):
    """The repository cannot be written, or another run took the version's number."""
