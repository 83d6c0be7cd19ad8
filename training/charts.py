"""Small charts as SVG, drawn by hand: they live inside the report and need no script."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from training.evaluation import ReliabilityBin

WIDTH, HEIGHT = 460, 260
LEFT, RIGHT, TOP, BOTTOM = 56, 24, 12, 40
CLIP = (
    f'<clipPath id="plot"><rect x="{LEFT}" y="{TOP}" width="{WIDTH - LEFT - RIGHT}" '
    f'height="{HEIGHT - TOP - BOTTOM}"/></clipPath>'
)
"""Cuts off the first epochs, whose values are far above the others."""


@dataclass(frozen=True)
class Curve:
    """A line of a chart: its name, its class in the style sheet, and a value for each epoch."""

    name: str
    style: str
    values: Sequence[float]


def curves(title: str, lines: Sequence[Curve]) -> str:
    """Draw values over epochs, the vertical axis from 0 to a round number above all but the first epochs."""
    epochs = max(len(line.values) for line in lines)
    settled = [value for line in lines for value in line.values[min(len(line.values) - 1, epochs // 20) :]]
    top = _round_up(max(settled, default=1.0))
    steps = [top * part / 4 for part in range(5)]
    parts = [CLIP, _grid([(value / top, f"{value:.3g}") for value in steps])]
    labelled = sorted({1, (epochs + 1) // 2, epochs})
    parts += [_label_x((epoch - 1) / max(epochs - 1, 1), str(epoch)) for epoch in labelled]
    for line in lines:
        points = " ".join(
            _place(index / max(epochs - 1, 1), value / top) for index, value in enumerate(line.values)
        )
        parts.append(f'<polyline class="{line.style}" clip-path="url(#plot)" points="{points}"/>')
    legend = "".join(f'<span class="{line.style}">{escape(line.name)}</span>' for line in lines)
    return f"<figure>{_svg(title, parts, 'epoch')}<figcaption>{legend}</figcaption></figure>"


def reliability_diagram(bins: Sequence[ReliabilityBin]) -> str:
    """Draw how often the network is right at each confidence; the diagonal is perfect honesty."""
    quarters = [(part / 4, f"{part * 25} %") for part in range(5)]
    parts = [_grid(quarters), *(_label_x(*quarter) for quarter in quarters)]
    for each in bins:
        (x, y), (x2, _) = _pixels(each.lower, each.accuracy), _pixels(each.upper, 0)
        told = f"{each.count:,} images, sure {each.confidence:.1%}, right {each.accuracy:.1%}"
        parts.append(
            f'<rect class="bar" x="{x + 1:.1f}" y="{y:.1f}" width="{x2 - x - 2:.1f}" '
            f'height="{HEIGHT - BOTTOM - y:.1f}"><title>{told}</title></rect>'
            f'<text class="count" x="{(x + x2) / 2:.1f}" y="{HEIGHT - BOTTOM - 4}">{each.count:,}</text>'
        )
    parts.append(f'<polyline class="ideal" points="{_place(0, 0)} {_place(1, 1)}"/>')
    parts += [f'<circle class="mean" r="3.5" {_centre(each)}/>' for each in bins]
    return f"<figure>{_svg('Reliability diagram', parts, 'confidence')}</figure>"


def kernels(filters: Sequence[Sequence[Sequence[float]]], strongest: float) -> str:
    """
    Draw kernels side by side, what they look for in one colour, what they avoid in another.

    Args:
        filters: Each ``(height, width)``.
        strongest: The weight, without its sign, that has the full colour.
    """
    high, wide = len(filters[0]), len(filters[0][0])
    cells = "".join(
        f'<rect class="{"for" if weight > 0 else "against"}" x="{index * (wide + 1) + across}" y="{down}" '
        f'width="1" height="1" fill-opacity="{min(1.0, abs(weight) / strongest):.2f}"/>'
        for index, kernel in enumerate(filters)
        for down, row in enumerate(kernel)
        for across, weight in enumerate(row)
    )
    box = f'viewBox="0 0 {len(filters) * (wide + 1) - 1} {high}" role="img" aria-label="kernels"'
    return f'<svg class="kernels" {box} shape-rendering="crispEdges">{cells}</svg>'


def _svg(title: str, parts: Sequence[str], axis: str) -> str:
    below = f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 6}" text-anchor="middle">{axis}</text>'
    box = f'viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}"'
    return f"<svg {box}>{''.join(parts)}{below}</svg>"


def _grid(rows: Sequence[tuple[float, str]]) -> str:
    """Draw a horizontal line at each height, 0 to 1, with its text at the left."""
    drawn = []
    for height, text in rows:
        x, y = _pixels(0, height)
        drawn.append(f'<line class="grid" x1="{x}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        drawn.append(f'<text x="{x - 8}" y="{y + 4:.1f}" text-anchor="end">{text}</text>')
    return "".join(drawn)


def _label_x(across: float, text: str) -> str:
    x, _ = _pixels(across, 0)
    return f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{text}</text>'


def _pixels(across: float, up: float) -> tuple[float, float]:
    return LEFT + across * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM)


def _place(across: float, up: float) -> str:
    x, y = _pixels(across, up)
    return f"{x:.1f},{y:.1f}"


def _centre(each: ReliabilityBin) -> str:
    x, y = _pixels(each.confidence, each.accuracy)
    return f'cx="{x:.1f}" cy="{y:.1f}"'


def _round_up(value: float) -> float:
    """Give the next of 1, 2, 4, 5, 8 or 10 times a power of ten; 1 for 0."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next((step * power for step in (1, 2, 4, 5, 8) if value <= step * power), 10 * power)
