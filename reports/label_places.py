"""Where the labels of points stand so that none covers another, a point or a line."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Edges = NDArray[np.float64]
"""One row `(left, bottom, right, top)` for each box `(N, 4)`."""

_NEAR = ((1.0, 1.0), (1.0, 0.0), (0.0, 1.0), (-1.0, 1.0), (1.0, -1.0), (-1.0, 0.0), (0.0, -1.0), (-1.0, -1.0))
_BETWEEN = ((1.0, 0.5), (0.5, 1.0), (-0.5, 1.0), (-1.0, 0.5), (1.0, -0.5), (0.5, -1.0), (-0.5, -1.0), (-1.0, -0.5))
_DIRECTIONS = _NEAR + _BETWEEN

_RINGS = 24
"""How far out a place is looked for, in half heights of a label."""

_STEP = 1.5
"""The length of the pieces in which a line to a label is looked at."""


@dataclass(frozen=True)
class Box:
    """A rectangle."""

    left: float
    bottom: float
    right: float
    top: float

    @property
    def center(self) -> tuple[float, float]:
        """The point in the middle."""
        return (self.left + self.right) / 2, (self.bottom + self.top) / 2

    def overlap(self, other: Box) -> float:
        """The area that both cover."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.top, other.top) - max(self.bottom, other.bottom)
        return max(0.0, width) * max(0.0, height)

    def holds(self, other: Box) -> bool:
        """Whether the other lies within."""
        inside = self.left <= other.left and other.right <= self.right
        return inside and self.bottom <= other.bottom and other.top <= self.top


def label_places(
    points: Sequence[tuple[float, float]],
    sizes: Sequence[tuple[float, float]],
    radius: float,
    within: Box,
    obstacles: Sequence[Box] = (),
) -> list[Box]:
    """A box of its size for the label of each point, near it; all lengths in points of print.

    The earlier points choose first. A box covers no point, which has `radius`, no obstacle, no other box, and no line
    from another box to its point; its own line crosses no other box or point. Where that cannot be, as little as can
    be is covered. All boxes lie within the given one, unless it has no room near a point.
    """
    dots = [Box(x - radius, y - radius, x + radius, y + radius) for x, y in points]
    taken = _edges([*obstacles, *dots])
    labels: list[Box] = []
    for point, size, dot in zip(points, sizes, dots, strict=True):
        candidates = list(_candidates(point, size, radius))
        crossed = _edges(labels + [other for other in dots if other != dot])
        covered = np.where([within.holds(box) for box in candidates], _covered(_edges(candidates), taken), math.inf)
        place, least = candidates[0], math.inf
        for candidate in np.flatnonzero(covered == covered.min()):
            pieces = _pieces(point, candidates[candidate], radius)
            crossing = float(_covered(_edges(pieces), crossed).sum())
            if crossing < least:
                place, least = candidates[candidate], crossing
            if least == 0:
                break
        taken = np.concatenate([taken, _edges([place, *_pieces(point, place, radius)])])
        labels.append(place)
    return labels


def _edges(boxes: Sequence[Box]) -> Edges:
    """Left, bottom, right and top of each box."""
    return np.array([(box.left, box.bottom, box.right, box.top) for box in boxes], np.float64).reshape(-1, 4)


def _covered(boxes: Edges, others: Edges) -> NDArray[np.float64]:
    """The area of each of the boxes that others cover."""
    low = np.maximum(boxes[:, None, :2], others[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], others[None, :, 2:])
    return np.asarray((high - low).clip(0).prod(2).sum(1))


def _candidates(point: tuple[float, float], size: tuple[float, float], radius: float) -> Iterator[Box]:
    """Boxes around a point, the nearest first."""
    (x, y), (width, height) = point, size
    for ring in range(_RINGS):
        away = radius + ring * height / 2
        for right, up in _DIRECTIONS:
            center_x, center_y = x + right * (away + width / 2), y + up * (away + height / 2)
            yield Box(center_x - width / 2, center_y - height / 2, center_x + width / 2, center_y + height / 2)


def _pieces(point: tuple[float, float], box: Box, radius: float) -> list[Box]:
    """The line from a point to its label, from edge to edge, as small boxes."""
    (x, y), (to_x, to_y) = point, box.center
    length = math.dist(point, box.center)
    steps = [radius + _STEP * step for step in range(int((length - radius) / _STEP))]
    middles = [(x + (to_x - x) * step / length, y + (to_y - y) * step / length) for step in steps]
    half = _STEP / 2
    pieces = [Box(a - half, b - half, a + half, b + half) for a, b in middles]
    return [piece for piece in pieces if not piece.overlap(box)]
