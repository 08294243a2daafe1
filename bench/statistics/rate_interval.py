"""The interval of a false-positive rate at a fixed true-positive rate: the bootstrap's, without its chance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import bdtr

from bench.metrics.inputs import FloatArray, score_array
from bench.metrics.steps import needed_count

from .interval import CONFIDENCE, Interval, checked_confidence
from .separation import rate_after_none

_NEGLIGIBLE = 1e-9
_RARE = 0.2
"""Share of the error probability that may be lost with thresholds that are left out for being rare."""

_APART = 2.0
"""Standard deviations of a rate between two thresholds from which on they count as different answers."""


def fpr_interval(
    id_scores: npt.ArrayLike, ood_scores: npt.ArrayLike, *, tpr: float = 0.95, confidence: float = CONFIDENCE
) -> Interval:
    """The interval of the false-positive rate at a true-positive rate `tpr`, ID positive, with the given confidence.

    Scores: finite, larger = more in-distribution, shapes (n,) and (m,); with OOD positive exchange and negate them.
    In a resample the threshold is each of the ID scores with a probability that is known, and the number of OOD scores
    that reach it is then binomial. So the percentiles of infinitely many resamples can be computed.

    Where scores are rounded, two neighbouring thresholds may give rates far apart, and chance decides which of them the
    sets have; a percentile between both would tell little of the rarer one. So thresholds are put together in groups
    that lie apart, and the interval covers the percentiles of each group that is not too rare to be the true one.

    A rate of 0 or 1 is bounded on one side, and never more closely than counting images allows. Raises `BenchError` as
    `bench.metrics.evaluate` does, and for a confidence or a rate out of range.
    """
    alpha = 1 - checked_confidence(confidence)
    ids, oods = np.sort(score_array(id_scores, "ID scores")), np.sort(score_array(ood_scores, "OOD scores"))
    m = oods.size
    rank = ids.size - needed_count(ids.size, tpr)
    passed = m - int(np.searchsorted(oods, ids[rank], "left"))
    groups = list(_groups(_thresholds(ids, oods, rank), alpha))
    if passed == 0:
        return Interval(0.0, max(_highest(groups, 1 - alpha) / m, rate_after_none(m, alpha)))
    if passed == m:
        return Interval(min(_lowest(groups, alpha) / m, 1 - rate_after_none(m, alpha)), 1.0)
    # A rate in an outer one of several groups can be missed on its own side only.
    share = alpha / 2 if len(groups) == 1 else alpha * (1 - _RARE)
    return Interval(_lowest(groups, share) / m, _highest(groups, 1 - share) / m)


@dataclass(frozen=True)
class _Thresholds:
    """Possible thresholds, ascending: `weights` (u,), how often resamples have each; `passed` (u,), the OOD scores that
    reach it, of m; `equal` (u,), those that equal it.
    """

    weights: FloatArray
    passed: FloatArray
    equal: FloatArray
    m: int

    def share_up_to(self, count: float) -> float:
        """In which share of resamples at most `count` OOD scores reach the threshold."""
        return float(self.weights @ bdtr(count, self.m, self.passed / self.m) / self.weights.sum())

    def percentile(self, share: float) -> int:
        """The smallest count that at least this share of resamples does not exceed."""
        low, high = -1, self.m
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if self.share_up_to(middle) >= share else (middle, high)
        return high


def _thresholds(ids: FloatArray, oods: FloatArray, rank: int) -> _Thresholds:
    """The thresholds of resamples: the score that has the given rank, from 0, among n drawn ones."""
    n = ids.size
    first = np.flatnonzero(np.diff(ids, prepend=-np.inf))
    # The threshold stands at or after a place if at most `rank` of n draws fall before it.
    reached = np.append(bdtr(rank, n, first / n), 0.0)
    weights = reached[:-1] - reached[1:]
    first, weights = first[weights > _NEGLIGIBLE], weights[weights > _NEGLIGIBLE]
    below, up_to = (np.searchsorted(oods, ids[first], side) for side in ("left", "right"))
    return _Thresholds(weights, (oods.size - below).astype(np.float64), (up_to - below).astype(np.float64), oods.size)


def _groups(one: _Thresholds, alpha: float) -> Iterator[_Thresholds]:
    """The thresholds in groups that lie apart, as many OOD scores equal the last of a group; without rare groups."""
    rate = one.passed / one.m
    sd = np.sqrt(one.passed * (1 - rate))
    ends = np.flatnonzero(one.equal > np.maximum(_APART * sd, 2)) + 1
    for part in np.split(np.arange(one.weights.size), ends):
        if part.size and one.weights[part].sum() >= _RARE * alpha:
            yield _Thresholds(one.weights[part], one.passed[part], one.equal[part], one.m)


def _lowest(groups: list[_Thresholds], share: float) -> int:
    return min(group.percentile(share) for group in groups)


def _highest(groups: list[_Thresholds], share: float) -> int:
    return max(group.percentile(share) for group in groups)
