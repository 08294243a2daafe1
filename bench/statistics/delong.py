"""DeLong's covariance of AUROCs: what the AUROC of a pair of sets owes to each single image.

DeLong, DeLong & Clarke-Pearson 1988, *Comparing the areas under two or more correlated receiver operating
characteristic curves*; from mid-ranks as in Sun & Xu 2014, so that it costs a sort and is exact with ties.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from bench.errors import BenchError
from bench.metrics.inputs import FloatArray, score_array


@dataclass(frozen=True)
class Placements:
    """Of each ID image `(n,)` the share of OOD scores that its score exceeds, of each OOD image `(m,)` the share of ID
    scores that exceed its own; ties count half. Both have the AUROC as their mean.
    """

    of_id: FloatArray
    of_ood: FloatArray
    auroc: float

    @classmethod
    def of(cls, id_scores: npt.ArrayLike, ood_scores: npt.ArrayLike) -> Placements:
        """From scores (n,) and (m,), larger = more in-distribution. Raises `BenchError` as `bench.metrics.evaluate`."""
        ids, oods = score_array(id_scores, "ID scores"), score_array(ood_scores, "OOD scores")
        n, m = ids.size, oods.size
        twice_won = twice_below(ids, oods)  # integers, so that the AUROC is exact
        twice_lost = twice_below(oods, ids)
        return cls(twice_won / (2 * m), 1 - twice_lost / (2 * n), int(twice_won.sum()) / (2 * n * m))

    @cached_property
    def variance(self) -> float:
        """The variance of the AUROC; NaN where a set has a single image."""
        return float(covariance([self])[0, 0])

    @cached_property
    def skewness(self) -> float:
        """The skewness of the AUROC, third cumulant over standard deviation cubed; NaN where the variance is 0."""
        if not self.variance > 0:
            return math.nan
        thirds = [np.mean((part - self.auroc) ** 3) / part.size**2 for part in (self.of_id, self.of_ood)]
        third = float(sum(thirds))
        return float(third / self.variance**1.5)


def covariance(methods: Sequence[Placements]) -> FloatArray:
    """The covariance `(k, k)` of the AUROCs of k methods on the same images; NaN where a set has a single image.

    Raises `BenchError` where the methods do not have equally many images.
    """
    sizes = {(one.of_id.size, one.of_ood.size) for one in methods}
    if len(sizes) != 1:
        raise BenchError(
            f"Methods can be paired on the same images only; these have {sorted(sizes)} ID and OOD images."
        )
    (n, m) = sizes.pop()
    if min(n, m) < 2:
        return np.full((len(methods), len(methods)), np.nan)
    of_id = np.atleast_2d(np.cov(np.stack([one.of_id for one in methods])))
    of_ood = np.atleast_2d(np.cov(np.stack([one.of_ood for one in methods])))
    return np.asarray(of_id / n + of_ood / m, np.float64)


def twice_below(scores: FloatArray, others: FloatArray) -> npt.NDArray[np.int64]:
    """Of each score, twice the number of others below it, plus the number that equal it."""
    ordered = np.sort(others)
    # Sorted needles make the binary searches three times as fast.
    order = np.argsort(scores)
    needles = scores[order]
    counts = np.empty(scores.size, np.int64)
    counts[order] = np.searchsorted(ordered, needles, "left") + np.searchsorted(ordered, needles, "right")
    return counts
