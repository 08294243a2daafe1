"""The interval of a false-positive rate at a fixed true-positive rate: the bootstrap's, without its chance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import bdtr, ndtr, ndtri

from bench.metrics.inputs import FloatArray, score_array
from bench.metrics.steps import needed_count

from .interval import CONFIDENCE, Interval, checked_confidence
from .separation import rate_after_none

_NEGLIGIBLE = 1e-9

_APART = 1.5
"""Standard deviations of a rate between two thresholds from which on they count as different answers."""

_BETWEEN = 0.85
"""The part of the squared allowance that is given where groups of thresholds lie apart.

The interval is in one piece, so the truth is hardly ever missed where it lies between two groups. With less allowance
it is missed more often elsewhere, and held as often as it should be on average (`benchmarks/tied_thresholds.py`).
"""


def fpr_interval(
    id_scores: npt.ArrayLike, ood_scores: npt.ArrayLike, *, tpr: float = 0.95, confidence: float = CONFIDENCE
) -> Interval:
    """The interval of the false-positive rate at a true-positive rate `tpr`, ID positive, with the given confidence.

    Scores: finite, larger = more in-distribution, shapes (n,) and (m,); with OOD positive exchange and negate them.
    In a resample the threshold is each of the ID scores with a probability that is known, and the number of OOD scores
    that reach it is then binomial. So the percentiles of infinitely many resamples can be computed.

    Where scores are rounded, two neighbouring thresholds may give rates far apart, and chance decides which of them the
    sets have; a percentile between both would tell little of the rarer one. So thresholds are put together in groups
    that lie apart, and the interval covers percentiles of each: the more the ID scores speak against a group, the less
    extreme ones.

    A rate of 0 or 1 is bounded on one side, and never more closely than counting images allows. Raises `BenchError` as
    `bench.metrics.evaluate` does, and for a confidence or a rate out of range.
    """
    alpha = 1 - checked_confidence(confidence)
    ids, oods = np.sort(score_array(id_scores, "ID scores")), np.sort(score_array(ood_scores, "OOD scores"))
    m = oods.size
    rank = ids.size - needed_count(ids.size, tpr)
    passed = m - int(np.searchsorted(oods, ids[rank], "left"))
    thresholds = _Thresholds.of(ids, oods, rank, 1 - tpr)
    if passed == 0:
        return Interval(0.0, max(thresholds.percentiles(alpha)[1] / m, rate_after_none(m, alpha)))
    if passed == m:
        return Interval(min(thresholds.percentiles(alpha)[0] / m, 1 - rate_after_none(m, alpha)), 1.0)
    low, high = thresholds.percentiles(alpha / 2)
    return Interval(low / m, high / m)


@dataclass(frozen=True)
class _Thresholds:
    """Possible thresholds, ascending: `weights` (u,), how often resamples have each; `too_high` and `too_low` (u,), how
    many standard deviations the ID scores lie from what a true threshold is expected to give that is at least, or at
    most, this one; `passed` (u,), the OOD scores that reach it, of m; `equal` (u,), those that equal it.
    """

    weights: FloatArray
    too_high: FloatArray
    too_low: FloatArray
    passed: FloatArray
    equal: FloatArray
    m: int

    @classmethod
    def of(cls, ids: FloatArray, oods: FloatArray, rank: int, missed: float) -> _Thresholds:
        """Those of sorted scores; a threshold has the given rank, from 0, and the true one misses this share of all."""
        n = ids.size
        first = np.flatnonzero(np.diff(ids, prepend=-np.inf))
        end = np.append(first[1:], n)
        # The threshold stands at or after a place if at most `rank` of n draws fall before it.
        reached = np.append(bdtr(rank, n, first / n), 0.0)
        weights = reached[:-1] - reached[1:]
        likely = weights > _NEGLIGIBLE
        first, end, weights = first[likely], end[likely], weights[likely]
        too_high, too_low = ndtri(_below(first, n, missed)), -ndtri(_below(end, n, missed))
        below, up_to = (np.searchsorted(oods, ids[first], side) for side in ("left", "right"))
        passed, equal = (oods.size - below).astype(np.float64), (up_to - below).astype(np.float64)
        return cls(weights, too_high, too_low, passed, equal, oods.size)

    def percentiles(self, error: float) -> tuple[int, int]:
        """The least and the largest count that resamples of any group give, with this error on either side.

        Counted in standard deviations, what speaks against a group and how far out its percentile is add up as squares.
        """
        groups = list(self._groups())
        distances = np.array([max(group.too_high[0], group.too_low[-1], 0.0) for group in groups])
        allowed = ndtri(error) ** 2 * (_BETWEEN if len(groups) > 1 else 1.0) + distances.min() ** 2 - distances**2
        errors = ndtr(-np.sqrt(np.maximum(allowed, 0.0)))
        near = [(group, float(one)) for group, one, left in zip(groups, errors, allowed, strict=True) if left >= 0]
        lowest = min(group._percentile(one) for group, one in near)
        return lowest, max(group._percentile(1 - one) for group, one in near)

    def _groups(self) -> Iterator[_Thresholds]:
        """The thresholds in groups that lie apart, as many OOD scores equal the last of a group."""
        sd = np.sqrt(self.passed * (1 - self.passed / self.m))
        ends = np.flatnonzero(self.equal[:-1] > np.maximum(_APART * sd[:-1], 2)) + 1
        for part in np.split(np.arange(self.weights.size), ends):
            found = (self.weights, self.too_high, self.too_low, self.passed, self.equal)
            weights, too_high, too_low, passed, equal = (array[part] for array in found)
            yield _Thresholds(weights, too_high, too_low, passed, equal, self.m)

    def _percentile(self, share: float) -> int:
        """The smallest count that at least this share of resamples does not exceed."""
        low, high = -1, self.m
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if self._share_up_to(middle) >= share else (middle, high)
        return high

    def _share_up_to(self, count: float) -> float:
        """In which share of resamples at most `count` OOD scores reach the threshold."""
        return float(self.weights @ bdtr(count, self.m, self.passed / self.m) / self.weights.sum())


def _below(places: npt.NDArray[np.intp], n: int, missed: float) -> FloatArray:
    """How likely fewer than so many of n ID scores lie below the true threshold; half of equally many are counted."""
    less = np.where(places > 0, bdtr(np.maximum(places - 1, 0), n, missed), 0.0)
    return np.asarray((less + bdtr(places, n, missed)) / 2)
