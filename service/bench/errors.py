"""What keeps a measurement from beginning."""


class BenchError(Exception):
    """No measurement is possible; the message says why in one line."""
