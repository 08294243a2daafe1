"""Methods over many pairs of data sets: mean ranks, Friedman's test, and which methods may be equal.

Demšar 2006, *Statistical comparisons of classifiers over multiple data sets*. A pair of sets counts as one observation,
so that what is asked is how methods do on pairs like these, not on these images.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy  # whose parts are loaded when they are first used

from bench.errors import BenchError
from bench.metrics.inputs import FloatArray

from .interval import CONFIDENCE, checked_confidence
from .multiple import holm


@dataclass(frozen=True)
class RankComparison:
    """`mean_ranks` (k,) of k methods over the pairs, 1 the best; `friedman_p`, whether they differ at all; `nemenyi`
    and `wilcoxon_holm` (k, k), the corrected p-value of each two, 1 on the diagonal; mean ranks that differ by less
    than the `critical_difference` may be equal (Nemenyi).
    """

    mean_ranks: FloatArray
    friedman_p: float
    nemenyi: FloatArray
    wilcoxon_holm: FloatArray
    critical_difference: float


def compare_ranks(figures: npt.ArrayLike, *, higher_is_better: bool, confidence: float = CONFIDENCE) -> RankComparison:
    """Compare k methods by their figures `(pairs, k)`, all defined.

    Raises `BenchError` for fewer than two methods or two pairs, and for figures that are not finite.
    """
    values = np.asarray(figures, np.float64)
    if values.ndim != 2 or min(values.shape) < 2 or not np.isfinite(values).all():
        raise BenchError(
            "Ranks compare at least two methods on at least two pairs, with a figure for each; got the shape "
            f"{values.shape}."
        )
    pairs, k = values.shape
    ranks = scipy.stats.rankdata(-values if higher_is_better else values, axis=1).mean(axis=0)
    unit = math.sqrt(k * (k + 1) / (6 * pairs))
    distance = np.abs(ranks[:, None] - ranks[None, :]) / unit
    nemenyi = scipy.stats.studentized_range.sf(distance * math.sqrt(2), k, np.inf)
    quantile = float(scipy.stats.studentized_range.ppf(checked_confidence(confidence), k, np.inf)) / math.sqrt(2)
    return RankComparison(ranks, _friedman(values), np.asarray(nemenyi), _wilcoxon_holm(values), quantile * unit)


def _friedman(values: FloatArray) -> float:
    """Friedman's test; with two methods, for which it is none, Wilcoxon's."""
    if (values == values[:, :1]).all():
        return 1.0
    if values.shape[1] == 2:
        return _signed_rank(values[:, 0] - values[:, 1])
    return float(scipy.stats.friedmanchisquare(*values.T).pvalue)


def _wilcoxon_holm(values: FloatArray) -> FloatArray:
    k = values.shape[1]
    first, second = np.triu_indices(k, 1)
    corrected = holm([_signed_rank(values[:, i] - values[:, j]) for i, j in zip(first, second, strict=True)])
    table = np.eye(k)
    table[first, second] = table[second, first] = corrected
    return table


def _signed_rank(differences: FloatArray) -> float:
    """Wilcoxon's signed-rank test; pairs without a difference count for neither side."""
    return float(scipy.stats.wilcoxon(differences).pvalue) if differences.any() else 1.0
