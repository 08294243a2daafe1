"""The methods of a block as points of cost and AUROC."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .blocks import Block
from .cost_table import costs_of
from .ranking import mean_over_sets, ranking

LEAST_MICROSECONDS = 0.001
"""The finest that costs are told in; what takes less is drawn here."""


@dataclass(frozen=True)
class Point:
    """A method, its microseconds per image, and its mean AUROC in percent."""

    label: str
    cost: float
    auroc: float

    def beats(self, other: Point) -> bool:
        """Whether it is at least as good in both, and better in one."""
        return (
            self.cost <= other.cost
            and self.auroc >= other.auroc
            and (self.cost, self.auroc) != (other.cost, other.auroc)
        )


@dataclass(frozen=True)
class Points:
    """The methods of a block that have a cost and an AUROC on every OOD set, the highest AUROC first, and the others.

    `unresolved` are the labels of those points whose cost is less than can be told.
    """

    shown: tuple[Point, ...]
    unresolved: tuple[str, ...]
    without_cost: tuple[str, ...]
    without_auroc: tuple[str, ...]

    @classmethod
    def of(cls, block: Block) -> Points:
        """The points of a block."""
        labels = ranking(block)
        costs = {label: _cost(block, label) for label in labels}
        aurocs = {label: mean_over_sets(block, label, "auroc") for label in labels}
        shown = [
            Point(label, max(cost, LEAST_MICROSECONDS), 100 * auroc.mean)
            for label in labels
            if (cost := costs[label]) is not None and (auroc := aurocs[label]) is not None
        ]
        return cls(
            shown=tuple(shown),
            unresolved=tuple(point.label for point in shown if (costs[point.label] or 0) < LEAST_MICROSECONDS),
            without_cost=tuple(label for label in labels if costs[label] is None),
            without_auroc=tuple(label for label in labels if costs[label] is not None and aurocs[label] is None),
        )


def pareto_front(points: Sequence[Point]) -> list[Point]:
    """The points that no other beats, the cheapest first."""
    front = [point for point in points if not any(other.beats(point) for other in points)]
    return sorted(front, key=lambda point: (point.cost, -point.auroc))


def _cost(block: Block, label: str) -> float | None:
    return costs_of(row for entry in block.entries_of(label) for row in entry.rows)["microseconds_per_image"]
