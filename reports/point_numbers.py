"""Numbers beside the points of a plot."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .label_places import Box, label_places
from .style import LINE_COLOR

Spot = tuple[float, float]

_SIZE = 6.5
_DIGIT = 0.68 * _SIZE
"""Width of a digit; all lengths here are in points of print."""

_HEIGHT = 1.1 * _SIZE
_GAP = 2.5
"""Room between numbers that stand side by side."""

_FAR = 4.5
"""A number whose edge is further from the middle of its point than this has a line to it."""


def draw_numbers(figure: Figure, axes: Axes, spots: Sequence[Spot], diameter: float, stairs: Sequence[Spot]) -> None:
    """Number the spots from 1, clear of each other, of the points of that `diameter`, and of a staircase line.

    Spots and the corners of the line are in the units of the axes, whose limits must be final.
    """

    def print_points(several: Sequence[Spot]) -> list[Spot]:
        return [(72 / figure.dpi * x, 72 / figure.dpi * y) for x, y in axes.transData.transform(several)]

    centers = print_points(spots)
    sizes = [(_DIGIT * len(str(number)) + _GAP, _HEIGHT) for number in range(1, len(spots) + 1)]
    within = Box(*(72 / figure.dpi * edge for edge in axes.bbox.extents))
    steps = pairwise(print_points(stairs))
    lines = [Box(min(a, c) - 0.5, min(b, d) - 0.5, max(a, c) + 0.5, max(b, d) + 0.5) for (a, b), (c, d) in steps]
    places = label_places(centers, sizes, diameter / 2 + 0.5, within, lines)
    line = {"arrowstyle": "-", "color": LINE_COLOR, "linewidth": 0.5, "shrinkA": 0, "shrinkB": diameter / 2}
    for number, (spot, (x, y), (width, height), place) in enumerate(
        zip(spots, centers, sizes, places, strict=True), start=1
    ):
        across, up = place.center[0] - x, place.center[1] - y
        axes.annotate(
            str(number),
            spot,
            xytext=(across, up),
            textcoords="offset points",
            ha="center",
            va="center",
            fontsize=_SIZE,
            arrowprops=line if max(abs(across) - width / 2, abs(up) - height / 2) > _FAR else None,
        )
