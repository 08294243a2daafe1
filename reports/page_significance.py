"""Which methods of a page differ in truth: intervals of AUROCs and of their means over OOD sets, and paired tests."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from bench.report import CellScores
from bench.statistics import CONFIDENCE, Interval, Placements, best_group, covariance, difference_of
from bench.statistics.auroc_interval import interval_of

from .blocks import Entry

Floats = NDArray[np.float64]

QUANTILE = float(ndtri((1 + CONFIDENCE) / 2))
"""How many standard errors an interval reaches to either side."""


@dataclass(frozen=True)
class Compared:
    """Methods measured on the same images: `aurocs` `(k,)` and the `covariance` `(k, k)` of these.

    Where scores do not overlap, the covariance holds what their counts leave in doubt. `pairs` is how many disjoint
    pairs of images there are, `best` the places of the best and of those that are not significantly worse: `group`
    where it is known.
    """

    labels: tuple[str, ...]
    aurocs: Floats
    covariance: Floats
    pairs: int
    group: frozenset[int] | None = None

    @property
    def best(self) -> set[int]:
        """The significance group of the best: paired tests, corrected by Holm."""
        if self.group is not None:
            return set(self.group)
        return best_group(self.aurocs.tolist(), self.p_value, higher_is_better=True)

    def interval(self, place: int) -> Interval | None:
        """The symmetric 95 % interval of one figure, cut to [0, 1]; None without a variance."""
        variance = float(self.covariance[place, place])
        if not variance > 0:
            return None
        margin = QUANTILE * math.sqrt(variance)
        figure = float(self.aurocs[place])
        return Interval(max(figure - margin, 0.0), min(figure + margin, 1.0))

    def p_value(self, one: int, other: int) -> float:
        """How probable so large a difference of two figures is by chance."""
        variance = self.variance_of_difference(one, other)
        return difference_of(float(self.aurocs[other] - self.aurocs[one]), variance, pairs=self.pairs).p_value

    def variance_of_difference(self, one: int, other: int) -> float:
        """How far the difference of two figures would be another on other images."""
        table = self.covariance
        return float(table[one, one] + table[other, other] - 2 * table[one, other])


def placements_of(entry: Entry, scores: Callable[[str], CellScores]) -> Placements:
    """The placements behind an entry's AUROC; over several seeds their mean, whose mean is the mean AUROC.

    What follows from them is so of these networks, not of others that might have been trained.
    """
    each = [Placements.of(found.id_scores, found.ood_scores) for found in (scores(row.key) for row in entry.rows)]
    if len(each) == 1:
        return each[0]
    of_id, of_ood = (np.mean([getattr(one, side) for one in each], axis=0) for side in ("of_id", "of_ood"))
    return Placements(of_id, of_ood, float(np.mean([one.auroc for one in each])))


def compare(found: dict[str, Placements]) -> Compared:
    """The methods of one OOD set, by their labels."""
    methods = list(found.values())
    aurocs = np.array([one.auroc for one in methods])
    pairs = min(methods[0].of_id.size, methods[0].of_ood.size)
    doubts = np.array([_unseen_doubt(one) for one in methods])
    return Compared(tuple(found), aurocs, covariance(methods) + np.diag(doubts**2), pairs)


def compare_means(sets: Sequence[dict[str, Placements]]) -> Compared | None:
    """The means over OOD sets of those methods that every set has; None where there are none.

    All sets share the ID images, so what these bring to each set's AUROC is averaged before its variance is taken; the
    OOD images of different sets have nothing to do with each other. Sets without a variance, such as perfect ones, add
    the bounds of their counts: among each other, as if all failed together, and squared to the rest (as Zou, Huang &
    Zhang 2009 combine limits).
    """
    labels = [label for label in sets[0] if all(label in one for one in sets)]
    sizes = {found[label].of_id.size for found in sets for label in labels}
    if not labels or len(sizes) != 1 or min(found[labels[0]].of_ood.size for found in sets) < 2 or sizes == {1}:
        return None
    count = len(sets)
    of_id = np.stack([np.mean([found[label].of_id for found in sets], axis=0) for label in labels])
    table = np.atleast_2d(np.cov(of_id)) / of_id.shape[1]
    for found in sets:
        of_ood = np.stack([found[label].of_ood for label in labels])
        table = table + np.atleast_2d(np.cov(of_ood)) / of_ood.shape[1] / count**2
    doubts = np.array([sum(_unseen_doubt(found[label]) for found in sets) / count for label in labels])
    table = table + np.diag(doubts**2)
    aurocs = np.array([np.mean([found[label].auroc for found in sets]) for label in labels], dtype=np.float64)
    pairs = min(of_id.shape[1], *(found[labels[0]].of_ood.size for found in sets))
    return Compared(tuple(labels), aurocs, np.asarray(table), pairs)


def _unseen_doubt(found: Placements) -> float:
    """The standard error that stands for what no image showed: 0 with a variance, else the reach of the interval.

    Scores that do not overlap, or are all equal, have no variance in this sample, and are still not sure.
    """
    if min(found.of_id.size, found.of_ood.size) < 2 or found.variance > 0:
        return 0.0
    bound = interval_of(found)
    return max(found.auroc - bound.low, bound.high - found.auroc) / QUANTILE
