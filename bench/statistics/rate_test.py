"""Whether two methods' false-positive rates at a fixed true-positive rate differ: a test that swaps the methods.

If two methods were equally good and alike, it would not matter which of them an image's two scores came from. So the
methods are swapped on a random half of the images, many times: what differences come of that is what chance makes.
Each method's scores are first turned into ranks over all images, so that the methods share a scale (Bandos, Rockette &
Gur 2005). Methods may be equally good without being alike; so it is not the difference that is compared, but its ratio
to a standard error that each swap has of its own (Janssen 1997; Chung & Romano 2013).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import bdtr, ndtr, ndtri

from bench.errors import BenchError
from bench.metrics.inputs import FloatArray, score_array
from bench.metrics.steps import needed_count
from bench.seeds import derived_seed

from .delong import twice_below
from .interval import CONFIDENCE, Interval, checked_confidence
from .paired import Difference

SWAPS = 200

RATES = ("fpr_at_95_tpr", "fpr_at_95_tpr_ood")
"""The metrics that the test is for."""

Pair = tuple[npt.ArrayLike, npt.ArrayLike]
Ranks = npt.NDArray[np.int32]

_COUNTED = 0.05
"""Down to this p-value swaps are counted; below, where they are few, a normal tail goes on."""

_MANY = 1000
"""So many ID or OOD images are enough for resamples, which then are not too careful, and right where scores tie."""

_SURE = 1e-6
"""Where resamples give a smaller p-value, swaps are not asked."""

_ELEMENTS = 2**20
"""Ranks that are looked at together."""


def fpr_test(
    first: Pair,
    second: Pair,
    *,
    tpr: float = 0.95,
    confidence: float = CONFIDENCE,
    swaps: int = SWAPS,
    seed: int = 0,
) -> Difference:
    """Compare the false-positive rates of two methods on the same images, ID positive; with OOD positive exchange the
    sets and negate the scores.

    `first` and `second` are the ID scores (n,) and the OOD scores (m,) of a method, larger = more in-distribution, in
    the same order. `seed` determines the swaps. The p-value is the share of swaps that differ more, equal ones counted
    half; below 0.05 a normal tail is fitted to the largest twentieth. Raises `BenchError` as `bench.metrics.evaluate`
    does, and where the numbers of images differ.
    """
    checked_confidence(confidence)
    images = _Images.of(first, second, tpr)
    generator = np.random.default_rng(derived_seed(seed, "swaps", images.n, images.m))
    difference, error = (float(part[0]) for part in images.observed())
    parts = [part_difference / part_error for part_difference, part_error in images.swapped(swaps, generator)]
    ratios, ratio = np.abs(np.concatenate(parts)), abs(difference) / error
    largest = float(np.quantile(ratios, 1 - _COUNTED, method="hazen"))
    quantile = float(ndtri((1 + confidence) / 2)) * largest / _normal(_COUNTED)
    low, high = (min(max(difference + sign * quantile * error, -1.0), 1.0) for sign in (-1, 1))
    return Difference(difference, Interval(low, high), _p_value(ratio, ratios, largest))


def refined_by_swaps(
    metric: str, by_resamples: Difference | None, scores: Callable[[], Sequence[Pair] | None]
) -> Difference | None:
    """The test of two methods of one network each on the same images, whose metric the bootstrap has compared.

    Of false-positive rates on fewer than 1,000 ID or OOD images it is `fpr_test`; else, or where `scores` are unknown,
    the bootstrap's. On few images that is the more careful one: where it is as good as sure, swaps are spared. `scores`
    gives the ID and OOD scores of both methods.
    """
    if metric not in RATES or by_resamples is None or by_resamples.p_value < _SURE or by_resamples.difference == 0:
        return by_resamples
    pairs = scores()
    if pairs is None or min(map(np.size, pairs[0])) >= _MANY:
        return by_resamples
    if metric == "fpr_at_95_tpr_ood":
        pairs = [(-np.asarray(oods, np.float64), -np.asarray(ids, np.float64)) for ids, oods in pairs]
    return fpr_test(*pairs)


def _p_value(ratio: float, of_swaps: FloatArray, largest: float) -> float:
    if ratio == 0:
        return 1.0
    equal = np.isclose(of_swaps, ratio, rtol=1e-9, atol=0)
    counted = float(np.mean((of_swaps > ratio) & ~equal) + np.mean(equal) / 2)
    if counted >= _COUNTED or not largest > 0:
        return counted
    return min(_COUNTED, 2 * float(ndtr(-_normal(_COUNTED) * ratio / largest)))


def _normal(p_value: float) -> float:
    """How many standard errors a normal variable with this two-sided p-value is off."""
    return -float(ndtri(p_value / 2))


@dataclass(frozen=True)
class _Images:
    """The images that matter, whichever method is which: ranks `ids` (2, k) and `oods` (2, l) by both methods.

    Those left out of `n` ID images never fall below a threshold; of the others of `m` OOD images, `always` reach every
    threshold and the rest none. `positions` (p,) are the places among ascending ID ranks that may be the threshold in
    resamples, `weights` (p,) how likely each is, and `rank` is the place of the threshold itself.
    """

    ids: Ranks
    oods: Ranks
    n: int
    m: int
    always: int
    rank: int
    positions: Ranks
    weights: FloatArray

    @classmethod
    def of(cls, first: Pair, second: Pair, tpr: float) -> _Images:
        """From the scores of both methods."""
        ranked = [_ranks(*pair) for pair in (first, second)]
        sizes = [(ids.size, oods.size) for ids, oods in ranked]
        if sizes[0] != sizes[1]:
            raise BenchError(f"Methods can be paired on the same images only; these have {sizes} ID and OOD images.")
        n, m = sizes[0]
        ids, oods = (np.stack(side) for side in zip(*ranked, strict=True))
        rank = n - needed_count(n, tpr)
        positions, weights = _positions(n, rank)
        # In every swap at least `last` + 1 ID ranks are at most `high`, and at most `first` are below `low`.
        low = np.sort(ids.min(axis=0))[min(positions[0], rank)]
        high = np.sort(ids.max(axis=0))[max(positions[-1], rank)]
        always = oods.min(axis=0) >= high
        sometimes = ~always & (oods.max(axis=0) >= low)
        ids = ids[:, ids.min(axis=0) <= high]
        return cls(ids, oods[:, sometimes], n, m, int(always.sum()), rank, positions, weights)

    def observed(self) -> tuple[FloatArray, FloatArray]:
        """The difference and its standard error `(1,)` with no image swapped."""
        return self._differences(self.ids[:, None], self.oods[:, None])

    def swapped(self, swaps: int, generator: np.random.Generator) -> Iterator[tuple[FloatArray, FloatArray]]:
        """The differences and their standard errors of all swaps, a few at a time."""
        rows = max(1, _ELEMENTS // (self.ids.shape[1] + self.oods.shape[1] + 1))
        for start in range(0, swaps, rows):
            count = min(rows, swaps - start)
            yield self._differences(*(_swap(ranks, count, generator) for ranks in (self.ids, self.oods)))

    def _differences(self, ids: Ranks, oods: Ranks) -> tuple[FloatArray, FloatArray]:
        """The second rate minus the first `(r,)` and its standard error, for ranks `(2, r, k)` and `(2, r, l)`.

        What each method's rate owes to its ID images is the variance of infinitely many resamples, ties and all; what
        both owe to the same images is taken to be linear in how many of these fall below the thresholds.
        """
        first, second = (self._rates(*ranks) for ranks in zip(ids, oods, strict=True))
        both_missed = (first.missed & second.missed).sum(axis=1) / self.n
        of_each = first.share_missed, second.share_missed
        scale = np.sqrt(of_each[0] * (1 - of_each[0]) * of_each[1] * (1 - of_each[1]))
        alike = np.divide(both_missed - of_each[0] * of_each[1], scale, out=np.ones_like(scale), where=scale > 0)
        of_ids = first.variance + second.variance - 2 * alike * first.slope * second.slope * self._spread
        apart = ((first.passed ^ second.passed).sum(axis=1)) / self.m
        difference = second.rate - first.rate
        of_oods = (apart - difference**2) / self.m
        return difference, np.sqrt(np.maximum(of_ids + of_oods, 1 / self.m**2))

    def _rates(self, ids: Ranks, oods: Ranks) -> _Rates:
        ordered = np.sort(ids, axis=1)
        threshold = ordered[:, self.rank, None]
        missed, passed = ids < threshold, oods >= threshold
        rates = (self.always + _counts_from(oods, ordered[:, self.positions])) / self.m
        centred = rates - (rates @ self.weights)[:, None]
        slope = centred @ (self.weights * self._offsets) / self._spread if self._spread else np.zeros(len(ids))
        rate = (self.always + passed.sum(axis=1)) / self.m
        return _Rates(rate, centred**2 @ self.weights, slope, missed, missed.sum(axis=1) / self.n, passed)

    @property
    def _offsets(self) -> FloatArray:
        """How far each position lies from the mean one, as a share of the ID images."""
        places = self.positions / self.n
        return np.asarray(places - places @ self.weights)

    @property
    def _spread(self) -> float:
        """The variance of the position."""
        return float(self._offsets**2 @ self.weights)


@dataclass(frozen=True)
class _Rates:
    """Of one method in r swaps: the `rate` (r,), its `variance` over thresholds, and its `slope`, what it changes by as
    the threshold moves over all ID images; which images are `missed` (r, k) and `passed` (r, l).
    """

    rate: FloatArray
    variance: FloatArray
    slope: FloatArray
    missed: npt.NDArray[np.bool_]
    share_missed: FloatArray
    passed: npt.NDArray[np.bool_]


def _ranks(id_scores: npt.ArrayLike, ood_scores: npt.ArrayLike) -> tuple[Ranks, Ranks]:
    """Twice the mid-ranks over all images, which are whole numbers; the lowest is 1."""
    ids, oods = score_array(id_scores, "ID scores"), score_array(ood_scores, "OOD scores")
    together = np.concatenate([ids, oods])
    ranks = twice_below(together, together).astype(np.int32)
    return ranks[: ids.size], ranks[ids.size :]


def _positions(n: int, rank: int) -> tuple[Ranks, FloatArray]:
    """Where the score of the given rank in a resample stood among the n sorted scores, in steps of a third of a
    standard deviation, and how likely that is.
    """
    step = max(1, round(math.sqrt(rank * (1 - rank / n)) / 3))
    edges = np.unique(np.clip(rank - step // 2 + step * np.arange(-20, 22), 0, n))
    reached = np.where(edges < n, bdtr(rank, n, edges / n), 0.0)
    weights = reached[:-1] - reached[1:]
    likely = weights > 1e-6
    return ((edges[:-1] + edges[1:]) // 2)[likely], weights[likely] / weights[likely].sum()


def _swap(ranks: Ranks, count: int, generator: np.random.Generator) -> Ranks:
    """The ranks `(2, k)` of both methods, swapped on random images, `(2, count, k)`."""
    size = ranks.shape[1]
    bits = np.frombuffer(generator.bytes(count * -(-size // 8)), np.uint8)
    swap = np.unpackbits(bits.reshape(count, -1), axis=1, count=size)
    found = np.empty((2, count, size), np.int32)
    np.multiply(swap, ranks[1] - ranks[0], out=found[0])
    found[0] += ranks[0]
    np.subtract(ranks[0] + ranks[1], found[0], out=found[1])
    return found


def _counts_from(values: Ranks, starts: Ranks) -> npt.NDArray[np.int64]:
    """How many of each row of `values` (r, l) are at least each of the same row's `starts` (r, p)."""
    rows, size = values.shape
    apart = max(int(values.max(initial=0)), int(starts.max())) + 1
    offsets = apart * np.arange(rows)[:, None]
    places = np.searchsorted((np.sort(values, axis=1) + offsets).ravel(), (starts + offsets).ravel())
    return np.asarray(size * (np.arange(rows)[:, None] + 1) - places.reshape(starts.shape))
