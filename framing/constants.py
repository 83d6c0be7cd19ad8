"""The thresholds of ``flat`` and ``pieces``; ``light`` and ``strips`` have theirs beside them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Constants:
    """What the answer depends on; shares of contrast are of that between ground and ink."""

    # The ground, and whether the picture is flat.
    least_contrast: int = 24  # levels between ground and the strongest ink
    outliers: float = 0.0005  # share of the pixels that may be beyond the darkest and lightest level,
    most_outliers: int = 4  # and pixels at most: a small digit in a large picture has few
    near: float = 0.08  # share of the contrast within which a pixel is as the ground is
    faint: float = 0.35  # share of the contrast below which what is no ground is no clear ink
    inked: float = 0.48  # share of the contrast from which a pixel is ink: half, however halves were rounded
    most_faint: float = 0.8  # faint pixels of those that are ink: shade and printed lines make more
    most_beyond: float = 0.003  # pixels on the other side of the ground, of all: grain and light make more
    least_rim: float = 0.4  # part of the picture's rim that is ground
    clear: float = 0.7  # share of the contrast from which the rim's pixels are clear ink
    most_shade: float = 0.2  # of the rim between near and clear: a shadow is there
    even: float = 0.8  # part of the ground that has its very level where no camera was: no printed lines
    most_ink: float = 0.6  # of all pixels

    # Printed lines, bars and boxes.
    line: float = 0.9  # a piece along this part of a side may be one
    slim: float = 0.06  # on even ground a line is at most this part of its length wide, unless it is a bar
    boxed: float = 0.8  # part of its bounding box that a bar covers, and of that one's rim a printed box
    least_inside: float = 0.25  # what is inside a ring, a digit or a box is this part as high, or a speck

    # The ink.
    foot: float = 0.12  # share of the contrast at which ink begins to show
    full: float = 0.85  # share of the contrast from which it is as light as can be
    box_level: int = 96  # ink at least this light, 0 to 255, belongs to the box
    most_cover: float = 0.62  # part of its box that a digit's ink covers at most: more is solid,
    narrow: float = 0.45  # unless its shorter side is below this part of its longer one: a 1 fills its box

    # Its pieces.
    few: int = 3  # pieces of a sign, at most
    speck: float = 0.02  # part of the largest piece's area below which one is a speck
    most_specks: float = 0.15  # specks are left out only while they are at most this part of all
    most_pieces: int = 256  # more that are no specks are a texture: each is compared with each
    least_area: float = 0.2  # of two digits the smaller has at least this part of the larger one's area,
    least_height: float = 0.4  # this part of its height,
    most_overlap: float = 0.15  # and shares less than this part of its width with the other
    underline: float = 0.25  # an underline is at most this part of its length high
    least_dots: int = 5  # fewer pieces are no dotted line
    roundest: float = 1.3  # the longer side of the usual dot is at most this many times the shorter
    reach: float = 1.5  # dots are linked up to this many times the distance of three in four to their nearest
    link: float = 0.7  # width of a link, as a part of the side of a square with a dot's area

    # Sizes.
    most_px: int = 160  # a picture is halved until its longer side is no longer than this
    smoothed_px: int = 40  # a digit of two levels is smoothed when its longer side is shorter: its stairs go
    sketch_px: int = 80  # its longer side is enlarged to this first,
    most_enlarged: float = 10.0  # but at most so many times: fewer pixels are no digit, and cost more
    smoothing_px: float = 0.6  # standard deviation of the smoothing, in pixels before it was enlarged


CONSTANTS = Constants()
