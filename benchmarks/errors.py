"""What keeps a measurement from being made."""


class UnavailableError(Exception):
    """A tool or a server that a measurement needs is not here, or does not work; the message says why."""
