"""Metrics of OOD detection, one definition each, exact with ties.

Throughout: `id_scores` (n,) and `ood_scores` (m,) are finite numbers on any scale, **larger = more in-distribution**;
an image counts as ID where its score is >= the threshold. Results are fractions in [0, 1]. All functions raise
`BenchError` for empty, non-numeric or non-1-D input and `NonFiniteScoresError` for NaN and infinite scores.
Each sorts once; `evaluate` computes all of them from one sort.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from .inputs import score_array
from .ranking import Positive, Ranking, rank_scores
from .steps import first_step, needed_count

BAND = (Fraction("0.9495"), Fraction("0.9505"))
BAND_THRESHOLDS = 100_000


def auroc(id_scores: npt.ArrayLike, ood_scores: npt.ArrayLike) -> float:
    """Area under the ROC curve: P(ID score > OOD score) + ½ P(equal). Higher is better, 0.5 is chance.

    The same whichever class is called positive. The wins are counted in integers.

    >>> auroc([2.0, 3.0], [1.0, 2.0])
    0.875
    """
    return rank_scores(id_scores, ood_scores).auroc()


def fpr_at_tpr(
    id_scores: npt.ArrayLike, ood_scores: npt.ArrayLike, tpr: float = 0.95, *, positive: Positive = "id"
) -> float:
    """False-positive rate at a true-positive rate of at least `tpr`, in (0, 1]. Lower is better.

    With `positive="id"`: t is the largest score that at least the share `tpr` of the ID scores reaches; the result is
    the share of OOD scores >= t (`fpr_at_95_tpr`; ODIN, DeVries & Taylor). With `positive="ood"` the same with the
    roles exchanged and all scores negated (`fpr_at_95_tpr_ood`; Outlier Exposure, OpenOOD).

    >>> fpr_at_tpr([1.0, 2.0, 3.0, 4.0], [0.0, 1.0, 2.0, 5.0], tpr=0.75)
    0.5
    """
    return rank_scores(id_scores, ood_scores).steps(positive).fpr_at_tpr(tpr)


def threshold_at_tpr(id_scores: npt.ArrayLike, tpr: float = 0.95) -> float:
    """Return the largest score t such that at least the share `tpr`, in (0, 1], of the ID scores is >= t.

    The decision "ID where score >= t" then keeps that share of ID images. Needs no OOD data.

    >>> threshold_at_tpr([4.0, 1.0, 3.0, 2.0], tpr=0.75)
    2.0
    """
    scores = score_array(id_scores, "ID scores")
    index = scores.size - needed_count(scores.size, tpr)
    return float(np.partition(scores, index)[index])


def detection_error(id_scores: npt.ArrayLike, ood_scores: npt.ArrayLike) -> float:
    """Smallest error of a decision when ID and OOD are equally likely: min over t of ½ P(ID < t) + ½ P(OOD >= t).

    Lower is better; it lies in [0, 0.5], since calling everything ID errs half the time.

    >>> detection_error([1.0, 2.0, 3.0, 4.0], [0.0, 1.0])
    0.125
    """
    return rank_scores(id_scores, ood_scores).id_steps.detection_error()


def aupr_in(id_scores: npt.ArrayLike, ood_scores: npt.ArrayLike) -> float:
    """Average precision with **ID positive**: sum over distinct scores of (gain in recall) x (precision there).

    Step-wise, without interpolation; tied scores are one step, so the order of the images never matters. Higher is
    better. Depends on prevalence: chance is n / (n + m), so show it with both counts.

    >>> aupr_in([2.0, 3.0], [1.0, 2.5])
    0.8333333333333333
    """
    return rank_scores(id_scores, ood_scores).id_steps.average_precision()


def aupr_out(id_scores: npt.ArrayLike, ood_scores: npt.ArrayLike) -> float:
    """Average precision with **OOD positive** and the scores negated; otherwise as `aupr_in`. Chance is m / (n + m).

    >>> aupr_out([2.0, 3.0], [1.0, 2.5])
    0.8333333333333333
    """
    return rank_scores(id_scores, ood_scores).ood_steps.average_precision()


def fpr_at_95_tpr_band(id_scores: npt.ArrayLike, ood_scores: npt.ArrayLike) -> float | None:
    """DeVries & Taylor's and ODIN's reading of "FPR at 95 % TPR", **ID positive**; for their tables only.

    The mean of P(OOD >= t) over those of 100,000 evenly spaced thresholds t whose P(ID >= t) lies in
    [0.9495, 0.9505]. As in their released code the thresholds run from the smallest of all scores in steps of a
    hundred-thousandth of the range, the largest score excluded. (That code counts OOD scores > t, which differs only
    where a score lies exactly on a threshold.) None, meaning undefined, when no threshold falls into the band: with
    fewer than about twenty ID scores, with ties at the quantile, or with outliers that stretch the range.
    """
    return band_mean_fpr(rank_scores(id_scores, ood_scores))


def tie_share(id_scores: npt.ArrayLike, ood_scores: npt.ArrayLike) -> float:
    """Share of all n + m scores that equal a score of the other set.

    Such ties count half in the AUROC and cannot be broken by any threshold; ties within one set do no harm and are
    not counted. A large share means that the scores have saturated or were rounded.

    >>> tie_share([1.0, 2.0, 2.0], [2.0, 3.0])
    0.6
    """
    return rank_scores(id_scores, ood_scores).tie_share()


def band_mean_fpr(ranking: Ranking) -> float | None:
    """Compute `fpr_at_95_tpr_band` from a ranking: binary searches for the band's ends instead of 100,000 scans."""
    steps, keys = ranking.id_steps, ranking.scores.keys
    fewest, most = band_counts(ranking.n_id)
    # Thresholds up to the ID score of rank `last` and above that of rank `first` have their TPR in the band.
    last, first = (ranking.rank(first_step(steps.true, count)) for count in (fewest, most + 1))
    grid = even_thresholds(ranking.value(0), ranking.value(-1))
    begin, end = np.searchsorted(grid, [ranking.value(first), ranking.value(last)], side="right")
    if begin >= end:
        return None
    between = keys[first:last]
    ood_between = ranking.scores.decode(between[between & 1 == 1])
    reached = steps.false[first_step(steps.true, most + 1)] - np.searchsorted(ood_between, grid[begin:end])
    return float(np.mean(reached)) / ranking.n_ood


def band_counts(n_id: int) -> tuple[int, int]:
    """The fewest and the most of `n_id` ID scores that a threshold of the band lets through."""
    return math.ceil(BAND[0] * n_id), math.floor(BAND[1] * n_id)


def even_thresholds(low: float, high: float) -> npt.NDArray[np.float64]:
    """The 100,000 thresholds `(BAND_THRESHOLDS,)` of the band's definition for scores from `low` to `high`."""
    if np.isinf(high - low):  # halving such large numbers is exact, and their range then fits
        return 2 * even_thresholds(low / 2, high / 2)
    return np.linspace(low, high, BAND_THRESHOLDS, endpoint=False)
