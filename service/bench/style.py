"""How text may look on a stream: colours on a terminal, Unicode where it can be written."""

import os
from dataclasses import dataclass
from typing import TextIO

EIGHTHS = " ▏▎▍▌▋▊▉█"


@dataclass(frozen=True)
class Style:
    """
    What a stream can show.

    Attributes:
        colour: Whether it is a terminal that shows bold and faint text.
        unicode: Whether it can write blocks and dots.
    """

    colour: bool
    unicode: bool

    @classmethod
    def of(cls, stream: TextIO) -> "Style":
        """Find out what a stream can show; ``NO_COLOR`` is respected (no-color.org)."""
        try:
            (EIGHTHS + "·").encode(stream.encoding or "ascii")
        except UnicodeEncodeError:
            blocks = False
        else:
            blocks = True
        colour = stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        return cls(colour=colour, unicode=blocks)

    def bold(self, text: str) -> str:
        """Make text stand out."""
        return self._wrapped(text, "1")

    def faint(self, text: str) -> str:
        """Make text step back."""
        return self._wrapped(text, "2")

    def alarming(self, text: str) -> str:
        """Make text look like something went wrong."""
        return self._wrapped(text, "31")

    @property
    def dot(self) -> str:
        """What stands between facts of one line."""
        return " · " if self.unicode else ", "

    def bar(self, share: float, width: int) -> str:
        """Draw a bar of this share of a width; whatever is more than nothing is to be seen."""
        if not self.unicode:
            return "#" * (round(share * width) or share > 0)
        whole, eighths = divmod(round(share * width * 8) or int(share > 0), 8)
        return EIGHTHS[8] * whole + EIGHTHS[eighths].strip()

    def _wrapped(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour else text
