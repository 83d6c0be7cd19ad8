"""Choose the strokes of the digit among all ink on a sheet."""

import cv2
import numpy as np
import numpy.typing as npt

from service.digits.paper import LEAST_CONTRAST, Grey
from service.digits.ruling import Unruled

CLEAN_FOOT = 0.25  # of the threshold: a clean stroke's edge fades out here
GRAINY_FOOT = 0.5  # of the threshold: the same amid grain
SPECK_SHARE = 0.02  # of the largest piece's area: less is a speck
EDGE_SHARE = 0.85  # of the way from the middle to the edge: beyond it thin pieces are rests of lines
SLIVER_SHARE = 0.06  # of the shorter side: thinner is thin
LEAST_DIGIT_SHARE = 0.08  # of the longer side: a digit is no smaller
OUTSIDE = 0.05  # weight of a piece outside the cell: squared paper has no one cell
FRAMED = 0.3  # weight of a piece that the frame cuts
OFF_CENTRE = 0.6  # weight that a piece loses from the middle to the edge
NEAR_SHARE = 0.35  # of the digit's longer side: pieces further away are not its strokes


def select_digit(unruled: Unruled, *, floor: float) -> Grey | None:
    """Return the ink of the digit alone, stretched to 255, or None on blank paper."""
    ink = unruled.ink
    present = (ink > floor).astype(np.uint8)
    if not present.any():
        return None
    around = cv2.dilate(present, np.ones((5, 5), np.uint8)).astype(bool)
    level, _ = cv2.threshold(ink[around].reshape(1, -1), 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    threshold = max(floor, float(level) * 0.8)
    pieces = (ink > threshold).astype(np.uint8)
    _, labels, stats, centres = cv2.connectedComponentsWithStats(pieces, connectivity=8)
    chosen = _strokes(stats, centres, shape=ink.shape, cell=unruled.cell)
    mask = np.isin(labels, chosen).astype(np.uint8)
    if not chosen or not _stands_out(ink, mask, floor=floor):
        return None
    strong = float(np.percentile(ink[mask.astype(bool)], 80))
    low = (CLEAN_FOOT if floor <= LEAST_CONTRAST else GRAINY_FOOT) * threshold
    soft = np.clip((ink.astype(np.float32) - low) * (255 / max(strong - low, 1)), 0, 255).astype(np.uint8)
    return soft * cv2.dilate(mask, np.ones((3, 3), np.uint8))


def _stands_out(ink: Grey, mask: Grey, *, floor: float) -> bool:
    """Whether ink is clearly darker than what is close around it; shade fades out slowly."""
    close = cv2.dilate(mask, np.ones((5, 5), np.uint8))
    ring = cv2.dilate(close, np.ones((7, 7), np.uint8)) - close
    if not ring.any():
        return True
    return cv2.mean(ink, mask)[0] - cv2.mean(ink, ring)[0] >= floor


def _strokes(
    stats: npt.NDArray[np.int32],
    centres: npt.NDArray[np.float64],
    *,
    shape: tuple[int, ...],
    cell: tuple[int, int, int, int],
) -> list[int]:
    """Choose the pieces of ink that are strokes of the digit: the main one and what is near it."""
    height, width = shape
    top, left, bottom, right = cell
    area = stats[:, cv2.CC_STAT_AREA].astype(float)
    x, y, w, h = (stats[:, column].astype(float) for column in range(4))
    middle = np.array([(left + right) / 2, (top + bottom) / 2])
    reach = np.array([(right - left) / 2, (bottom - top) / 2])
    away = np.abs((centres - middle) / reach).max(axis=1)
    framed = (x <= 0) | (y <= 0) | (x + w >= width) | (y + h >= height)
    sliver = (away > EDGE_SHARE) & (np.minimum(w, h) < SLIVER_SHARE * 2 * reach.min())
    score = area * (1 - OFF_CENTRE * np.minimum(away, 1)) * np.where(framed, FRAMED, 1)
    score[away > 1] *= OUTSIDE
    score[((away > 1) & framed) | sliver] = 0
    score[0] = 0
    main = int(score.argmax())
    least = LEAST_DIGIT_SHARE * (max(shape) if cell == (0, 0, height, width) else 2 * max(reach))
    if score[main] == 0 or max(w[main], h[main]) < max(3, least):
        return []
    chosen = [main]
    box = [x[main], y[main], x[main] + w[main], y[main] + h[main]]
    near = NEAR_SHARE * max(w[main], h[main])
    for piece in np.argsort(-score):
        if piece in (0, main) or area[piece] < SPECK_SHARE * area[main] or away[piece] > 1:
            continue
        if framed[piece] and not framed[main]:
            continue
        gap_x = max(box[0] - x[piece] - w[piece], x[piece] - box[2], 0)
        gap_y = max(box[1] - y[piece] - h[piece], y[piece] - box[3], 0)
        if max(gap_x, gap_y) > near:
            continue
        chosen.append(int(piece))
        box = [
            min(box[0], x[piece]),
            min(box[1], y[piece]),
            max(box[2], x[piece] + w[piece]),
            max(box[3], y[piece] + h[piece]),
        ]
    return chosen
