"""Whether two methods differ: tests on the same images, and on other images of the same kind."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri, stdtr, stdtrit

from bench.errors import BenchError
from bench.metrics.inputs import FloatArray

from .delong import Placements, covariance
from .interval import CONFIDENCE, Interval, checked_confidence


@dataclass(frozen=True)
class Difference:
    """`difference` is the second figure minus the first, `interval` where its true value lies, in [-1, 1].

    `p_value` is how often, at least, so large a difference would be seen if there were none in truth.
    """

    difference: float
    interval: Interval
    p_value: float

    @property
    def resolves(self) -> float:
        """The true difference that such a test would find four times out of five, going by how wide the interval is."""
        width = self.interval.high - self.interval.low
        return smallest_difference((width / 2 / float(ndtri((1 + CONFIDENCE) / 2))) ** 2)


def delong_test(first: Placements, second: Placements, *, confidence: float = CONFIDENCE) -> Difference:
    """Compare the AUROCs of two methods on the same images, in the same order (DeLong et al. 1988).

    Raises `BenchError` where their numbers of images differ.
    """
    together = covariance([first, second])
    variance = float(together[0, 0] + together[1, 1] - 2 * together[0, 1])
    pairs = min(first.of_id.size, first.of_ood.size)
    return difference_of(second.auroc - first.auroc, variance, confidence=confidence, pairs=pairs)


def unpaired_delong_test(first: Placements, second: Placements, *, confidence: float = CONFIDENCE) -> Difference:
    """Compare two AUROCs that were measured on different images."""
    pairs = min(part.size for one in (first, second) for part in (one.of_id, one.of_ood))
    variance = first.variance + second.variance
    return difference_of(second.auroc - first.auroc, variance, confidence=confidence, pairs=pairs)


def bootstrap_test(
    first: float,
    second: float,
    replicates: Sequence[npt.ArrayLike],
    *,
    confidence: float = CONFIDENCE,
    paired: bool = True,
) -> Difference | None:
    """Compare two figures by the spread of their difference over resamples; None where a resample leaves one undefined.

    `replicates` holds the values `(r,)` of both in the same r resamples where they are `paired`; else only the spread
    of each counts. Raises `BenchError` where their numbers differ.
    """
    one, other = (np.asarray(values, np.float64) for values in replicates)
    if one.shape != other.shape:
        raise BenchError(f"Resamples can be paired one by one only; these are {one.size} and {other.size}.")
    variance = float(np.var(other - one, ddof=1)) if paired else float(np.var(one, ddof=1) + np.var(other, ddof=1))
    return None if math.isnan(variance) else difference_of(second - first, variance, confidence=confidence)


def difference_of(
    difference: float, variance: float, *, confidence: float = CONFIDENCE, pairs: int = 0, freedom: float = math.inf
) -> Difference:
    """The test of a difference whose variance is known, or estimated with some degrees of `freedom`.

    Without a variance, a difference of exactly 0 has the p-value 1. Another is then judged by Hoeffding's bound for
    so many disjoint `pairs` of images, which needs no variance; without pairs nothing is known of it.
    """
    alpha = 1 - checked_confidence(confidence)
    if not variance > 0:
        return _without_variance(difference, alpha, pairs)
    error = math.sqrt(variance)
    if math.isinf(freedom):
        quantile, p_value = float(ndtri(1 - alpha / 2)), 2 * float(ndtr(-abs(difference) / error))
    else:
        quantile, p_value = float(stdtrit(freedom, 1 - alpha / 2)), 2 * float(stdtr(freedom, -abs(difference) / error))
    return Difference(difference, _within(difference, quantile * error), p_value)


def _without_variance(difference: float, alpha: float, pairs: int) -> Difference:
    if pairs == 0:
        return Difference(difference, Interval(-1.0, 1.0), 1.0)
    p_value = 1.0 if difference == 0 else min(1.0, 2 * math.exp(-pairs * difference**2 / 2))
    return Difference(difference, _within(difference, math.sqrt(2 * math.log(2 / alpha) / pairs)), p_value)


def _within(difference: float, margin: float) -> Interval:
    return Interval(max(difference - margin, -1.0), min(difference + margin, 1.0))


def smallest_difference(variance: float, *, power: float = 0.8, confidence: float = CONFIDENCE) -> float:
    """The true difference that a test finds with a probability of `power`, where the measured one has this variance.

    What a pair of sets can resolve at its size; differences below it, if there are any, will mostly be missed.

    >>> round(smallest_difference(0.01**2), 3)
    0.028
    """
    quantiles = float(ndtri(1 - (1 - checked_confidence(confidence)) / 2) + ndtri(power))
    return quantiles * math.sqrt(variance)


def variance_of_differences(methods: Sequence[Placements]) -> FloatArray:
    """The variance `(k, k)` of the difference of each two of the AUROCs of k methods on the same images."""
    together = covariance(methods)
    own = np.diag(together)
    return np.asarray(own[:, None] + own[None, :] - 2 * together)
