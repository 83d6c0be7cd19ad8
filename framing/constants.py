"""Every number that the quick way depends on, in one place."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Constants:
    """
    What the answer depends on; shares of contrast are of that between ground and ink.

    Attributes:
        least_contrast: Levels between ground and the strongest ink.
        outliers: Share of the pixels that may be beyond the darkest and lightest level.
        most_outliers: Pixels that may be at most: a small digit in a large picture has few.
        near: Share of the contrast within which a pixel is as the ground is.
        faint: Share of the contrast below which what is no ground is no clear ink.
        inked: Share of the contrast from which a pixel is ink: half of it, however halves were rounded.
        most_faint: Most pixels between ``near`` and ``faint``, of those that are ink: shade and printed
            lines make them, and so do soft edges.
        most_beyond: Most pixels on the other side of the ground, of all: grain and light make them.
        least_rim: Least part of the picture's rim that is ground.
        clear: Share of the contrast from which the rim's pixels are clear ink.
        most_shade: Most of the rim between ``near`` and ``clear``: a shadow is there.
        even: Part of the ground that has its very level where no camera was: else there may be printed lines.
        line: A piece along this part of a side may be one.
        slim: On even ground a line is at most this part of its length wide, unless it is a bar.
        boxed: Least part of its bounding box that a bar covers, and of that one's rim a printed box.
        least_inside: What is inside a ring, a digit or a box is at least this part as high, or it is a speck.
        most_ink: Most ink, of all pixels.
        foot: Share of the contrast at which ink begins to show.
        full: Share of the contrast from which it is as light as can be.
        box_level: Ink at least this light, 0 to 255, belongs to the box.
        few: Pieces of a sign are at most so many.
        speck: A piece is a speck below this part of the largest one's area.
        most_specks: Specks are left out only while they are at most this part of all.
        most_cover: Of its box a digit's ink covers at most so much: more is a card with a digit on it,
        narrow: unless the shorter side is below this part of the longer one, as a 1 has it.
        most_pieces: More pieces that are no specks are a texture: each is compared with each.
        least_area: Of two digits the smaller has at least this part of the larger one's area,
        least_height: this part of its height,
        most_overlap: and shares less than this part of its width with the other.
        least_dots: Fewer pieces are no dotted line.
        roundest: The longer side of the usual dot is at most this many times the shorter.
        reach: Dots are linked up to this many times the distance that three in four have to their nearest.
        link: Width of a link, as a part of the side of a square with a dot's area.
        most_px: A picture is halved until its longer side is no longer than this.
        smoothed_px: Digits of two levels and a shorter longer side are smoothed: stairs become slants.
        sketch_px: Enlarged to this before,
        most_enlarged: but at most so many times: what has fewer pixels is no digit, and smoothing costs more.
        smoothing_px: By so much of their own pixels.
    """

    least_contrast: int = 24
    outliers: float = 0.0005
    most_outliers: int = 4
    near: float = 0.08
    faint: float = 0.35
    inked: float = 0.48
    most_faint: float = 0.8
    most_beyond: float = 0.003
    least_rim: float = 0.4
    clear: float = 0.7
    most_shade: float = 0.2
    even: float = 0.8
    line: float = 0.9
    slim: float = 0.06
    boxed: float = 0.8
    least_inside: float = 0.25
    most_ink: float = 0.6
    foot: float = 0.12
    full: float = 0.85
    box_level: int = 96
    few: int = 3
    speck: float = 0.02
    most_specks: float = 0.15
    most_cover: float = 0.62
    narrow: float = 0.45
    most_pieces: int = 256
    least_area: float = 0.2
    least_height: float = 0.4
    most_overlap: float = 0.15
    least_dots: int = 5
    roundest: float = 1.3
    reach: float = 1.5
    link: float = 0.7
    most_px: int = 160
    smoothed_px: int = 40
    sketch_px: int = 80
    most_enlarged: float = 10.0
    smoothing_px: float = 0.6


CONSTANTS = Constants()
