"""What counts in bins tell of each metric: the least and the most that it can be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.metrics.inputs import BoolArray, FloatArray
from bench.metrics.steps import needed_count
from bench.metrics.tagged_scores import IntArray

_ROUNDING = 1e-12
"""More than the rounding errors of a sum of shares; integer counts have none."""


@dataclass(frozen=True)
class Bounds:
    """A metric lies in [`low`, `high`]; `value` is the middle, from which it differs by `error` at most."""

    low: float
    high: float

    @property
    def value(self) -> float:
        """The middle."""
        return (self.low + self.high) / 2

    @property
    def error(self) -> float:
        """Half the width, rounded up."""
        return float(np.nextafter(max(self.high - self.value, self.value - self.low), 1))


@dataclass(frozen=True)
class BinnedSteps:
    """Counts of positives and negatives in bins, the strictest bin first, each `(b,)`; `single` bins are one score.

    Nothing is known of the order inside a bin, but that all scores of a single one are tied.
    """

    positives: IntArray
    negatives: IntArray
    single: BoolArray

    @property
    def flipped(self) -> BinnedSteps:
        """The roles exchanged, from the other end."""
        return BinnedSteps(self.negatives[::-1], self.positives[::-1], self.single[::-1])

    def auroc(self) -> Bounds:
        """In a bin that is no single score, any share of the pairs may be won."""
        n, m = (int(counts.sum()) for counts in (self.positives, self.negatives))
        above = np.cumsum(self.positives) - self.positives
        won = int(np.dot(above, self.negatives))
        pairs = self.positives * self.negatives
        tied, unknown = int(pairs[self.single].sum()), int(pairs[~self.single].sum())
        return Bounds((2 * won + tied) / (2 * n * m), (2 * (won + unknown) + tied) / (2 * n * m))

    def fpr_at_tpr(self, tpr: float) -> Bounds:
        """The threshold lies in a known bin; of its negatives, any number may reach it."""
        reached = np.cumsum(self.positives)
        place = int(np.searchsorted(reached, needed_count(int(reached[-1]), tpr)))
        most = int(self.negatives[: place + 1].sum())
        least = most if self.single[place] else most - int(self.negatives[place])
        total = int(self.negatives.sum())
        return Bounds(least / total, most / total)

    def detection_error(self) -> Bounds:
        """At most what the best border gives; at least what a border would give that parts one bin perfectly."""
        true, false = np.cumsum(self.positives), np.cumsum(self.negatives)
        n, m = int(true[-1]), int(false[-1])
        at_borders = int((false * n - true * m).min())
        inside = int((np.where(self.single, false, false - self.negatives) * n - true * m).min())
        return Bounds(*((n * m + min(least, 0)) / (2 * n * m) for least in (inside, at_borders)))

    def average_precision(self) -> Bounds:
        """At most with a bin's positives tied before its negatives, at least with all negatives before them."""
        gain, true = self.positives.astype(np.float64), np.cumsum(self.positives).astype(np.float64)
        false = np.cumsum(self.negatives).astype(np.float64)
        some = gain > 0
        gain, true, false = gain[some], true[some], false[some]
        single, before = self.single[some], false - self.negatives[some]
        exact = gain * true / (true + false)
        high = np.where(single, exact, gain * true / (true + before))
        low = np.where(single, exact, _least_precision(gain, true, false))
        n = float(gain.sum())
        return Bounds(max(0.0, float(low.sum()) / n - _ROUNDING), min(1.0, float(high.sum()) / n + _ROUNDING))

    def tie_share(self) -> Bounds:
        """At least the ties of single scores; at most all of every bin that has both."""
        both = np.where((self.positives > 0) & (self.negatives > 0), self.positives + self.negatives, 0)
        total = int(self.positives.sum() + self.negatives.sum())
        return Bounds(int(both[self.single].sum()) / total, int(both.sum()) / total)


def _least_precision(gain: FloatArray, true: FloatArray, false: FloatArray) -> FloatArray:
    """Below the sum over i = 1 … gain of (t + i) / (t + i + false), t = true - gain, by its integral from 0."""
    start = true - gain + false
    with np.errstate(divide="ignore", invalid="ignore"):
        lost = np.where(false > 0, false * np.log1p(gain / start), 0.0)
    return np.maximum(gain - lost, 0.0)
