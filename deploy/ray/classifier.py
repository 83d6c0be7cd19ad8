"""One process of bulk work: the service's own network and preparation, without HTTP and without a queue."""

from typing import NamedTuple

import pyarrow as pa

from service.app import create_app
from service.digits import recognition
from service.digits.preparation import Prepared, Sight, by_levels
from service.errors import RequestError
from service.images import pictures
from service.images.decoding import PixelLimits
from service.settings import load

IMAGE = "image"
"""The column with picture files."""


class Row(NamedTuple):
    """
    What is known of a picture, as columns.

    Attributes:
        digit: The most probable digit, or None when there is none to read.
        confidence: Its calibrated probability, or None.
        is_digit: There is one digit; None when there is no picture.
        error: Why there is no picture to read, or None.
    """

    digit: int | None = None
    confidence: float | None = None
    is_digit: bool | None = None
    error: str | None = None


SCHEMA = {"digit": pa.int8(), "confidence": pa.float32(), "is_digit": pa.bool_(), "error": pa.string()}


class Classifier:
    """Reads pictures; a picture that cannot be read costs its own row and no other."""

    def __init__(self, model: str) -> None:
        """
        Load the newest version of a model.

        Raises:
            StartError: Settings, device or models are at fault.
            UnknownNameError: There is no such model.
        """
        settings = load()
        served = create_app(settings).served
        self._network, self._ink = served.recogniser(model), served.ink
        self._limits = PixelLimits(settings.max_image_pixels, settings.max_image_side)
        self._most_pixels = settings.max_request_pixels

    def __call__(self, table: pa.Table) -> pa.Table:
        """Give a table with what is known of each picture in place of the column ``image``."""
        rows = self.classify(table[IMAGE].to_pylist())
        for name, kind in SCHEMA.items():
            values = pa.array([getattr(row, name) for row in rows], kind)
            table = table.append_column(name, values)
        return table.drop_columns([IMAGE])

    def classify(self, files: list[bytes | None]) -> list[Row]:
        """Give what is known of each picture file."""
        seen = [self._seen(file) for file in files]
        readable = [one for one in seen if not isinstance(one, Row)]
        found = iter(recognition.recognise(self._network, readable, self._ink) if readable else [])
        return [one if isinstance(one, Row) else _row(next(found)) for one in seen]

    def _seen(self, file: bytes | None) -> Prepared | Sight | Row:
        if not file:
            return Row(error="there is no file")
        try:
            taken = pictures.of_files([("#", file)], limits=self._limits, total=self._most_pixels)
            size = self._network.size
            return by_levels(*recognition.seen(taken, preprocess="auto", size=size))
        except RequestError as error:
            return Row(error=error.detail)


def _row(found: recognition.Recognition) -> Row:
    if found.digit is None:
        return Row(is_digit=False)
    return Row(found.digit, float(found.confidence), found.reason is None)
