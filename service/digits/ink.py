"""One version of a network that tells ink from paper: an image in, a map and a count of digits out."""

import asyncio

import cv2
import numpy as np
import numpy.typing as npt

from service.cards.card import Card
from service.engine.batches import in_runs
from service.engine.session import Array, Session
from service.errors import ModelError

TOLERANCE = 1e-3
"""Largest difference to what the training computed: devices round differently."""


class InkNetwork:
    """
    A network with the role ``ink``, ready to be asked.

    Attributes:
        card: What it is.
        outputs: What it gives, and what golden images come with.
        waiting: Images in a queue: it has none.
        failures: Runs without any answer that a queue counted: none.
        provider: The execution provider really in use.
        dtype: Of the images that it takes: uint8 0..255 or float32 0..1.
        size: Height and width of the images; None where any will do.
    """

    outputs = ("ink", "count")
    waiting = 0
    failures = 0

    def __init__(self, card: Card, session: Session) -> None:
        """
        Join a card with its session.

        Raises:
            ModelError: The session has another input or output than this service speaks.
        """
        self.card = card
        self.provider = session.provider
        self._session = session
        self._golden: tuple[Array, Array, Array] | None = None
        match session.inputs.get("image"), *(session.outputs.get(name) for name in self.outputs):
            case (
                (("uint8" | "float") as kind, (None, height, width, 1)),
                ("float", (None, _, _)),
                ("float", (None, 3)),
            ):
                self.dtype = np.dtype(np.uint8 if kind == "uint8" else np.float32)
                self.size = height, width
            case _:
                message = (
                    f"{card.name} version {card.version}: expected the input image uint8 or float"
                    " (batch, height, width, 1) and the outputs ink float (batch, height, width) and count"
                    f" float (batch, 3); it has {session.inputs} and {session.outputs}"
                )
                raise ModelError(message)

    def find(self, images: Array) -> tuple[Array, Array]:
        """
        Find the ink of images, on the calling thread, ``map_batch`` of the provider at a time.

        Args:
            images: ``(number, height, width)`` of ``dtype``.

        Returns:
            The ink, ``(number, rows, columns)`` float32, 0 to 1, as the network lays it over the image; and
            how likely there is no digit, one, or several, ``(number, 3)`` float32.
        """
        ink, count = in_runs(
            lambda some: self._session.run_batch(self.outputs, "image", some[..., None]),
            images,
            self._session.traits.map_batch,
        )
        return ink, count

    def look(self, views: npt.NDArray[np.uint8]) -> tuple[Array, Array]:
        """
        Look at views as ``framing.looks`` asks, on the calling thread.

        Args:
            views: ``(number, 64, 64)`` uint8.

        Returns:
            The ink, ``(number, 64, 64)`` float32, 0 to 1, and the counts, ``(number, 3)``: see ``find``.
        """
        images = _resized(views, self.size)
        if self.dtype == np.float32:
            images = np.divide(images, 255, dtype=np.float32)
        ink, count = self.find(images)
        return _resized(ink, views.shape[1:]), count

    def verify(self, images: Array, ink: Array, count: Array) -> None:
        """
        Find the ink of images whose ink and count are known, in batches of every size that will be run.

        Raises:
            ModelError: The answer differs by more than ``TOLERANCE``.
        """
        *fewer, most = self._session.traits.batch_sizes(self._session.traits.map_batch)
        # All of them at last: there may be more than one run takes.
        for number in (*fewer, max(most, len(images))):
            chosen = np.resize(np.arange(len(images)), number)
            self._compare(images[chosen], ink[chosen], count[chosen])
        self._golden = images[:1], ink[:1], count[:1]

    async def check(self) -> None:
        """
        Find the ink of a golden image once more, on a thread.

        Raises:
            ModelError: It is not what it was when the network was verified.
        """
        if self._golden:
            await asyncio.to_thread(self._compare, *self._golden)

    def _compare(self, images: Array, *expected: Array) -> None:
        for name, found, wanted in zip(self.outputs, self.find(images), expected, strict=True):
            difference = np.abs(found - wanted).max() if found.shape == wanted.shape else np.inf
            if not difference <= TOLERANCE:
                message = (
                    f"{self.card.name} version {self.card.version}: its golden images are answered wrongly on"
                    f" {self.provider} (the {name} differs by {difference:.2g})"
                )
                raise ModelError(message)


def _resized(images: Array, size: tuple[int | None, ...]) -> Array:
    """Bring images, or maps over them, to another size; None leaves a side as it is."""
    height, width = (wanted or had for wanted, had in zip(size, images.shape[1:], strict=True))
    if images.shape[1:] == (height, width):
        return images
    return np.stack([cv2.resize(image, (width, height)) for image in images])
