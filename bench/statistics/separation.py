"""Bounds where a figure cannot vary from resample to resample, because it is perfect or the sets are tiny.

A resample of scores that do not overlap does not overlap either, so that neither DeLong's variance nor the bootstrap
sees any doubt. These bounds hold for every distribution, with at least the confidence that they state; alpha is the
probability that they may fail. They come from counting alone.
"""

from __future__ import annotations

import math

from .interval import Interval


def auroc_of_separated(n: int, m: int, alpha: float) -> float:
    """A lower bound of the AUROC after n ID scores have all exceeded m OOD scores.

    Among them are min(n, m) pairs that share no image, each won with a probability equal to the AUROC; that all are
    won has that probability to the power of their number.
    """
    return math.exp(math.log(alpha) / min(n, m))


def rate_after_none(n: int, alpha: float) -> float:
    """An upper bound of a rate after none of n independent images had it (Clopper & Pearson 1934), about 3 / n."""
    return 1 - math.exp(math.log(alpha) / n)


def detection_error_of_separated(n: int, m: int, alpha: float) -> float:
    """An upper bound of the detection error after all ID scores have exceeded all OOD scores.

    At the smallest ID score as threshold, the share of ID images below it has the distribution of the minimum of n
    uniform numbers; and none of m OOD images reached it. Each rate is bounded at half of alpha.
    """
    return (rate_after_none(n, alpha / 2) + rate_after_none(m, alpha / 2)) / 2


def average_precision_of_separated(positives: int, negatives: int, alpha: float) -> float:
    """A lower bound of the average precision after all positives have stood before all negatives.

    With the same threshold as `detection_error_of_separated`: up to a recall of 1 - u no more than the share v of the
    negatives stands before, so that the precision at recall r is at least r / (r + c), c = v · negatives / positives.
    """
    recall = 1 - rate_after_none(positives, alpha / 2)
    c = rate_after_none(negatives, alpha / 2) * negatives / positives
    return recall - c * math.log1p(recall / c)


def auroc_by_pairs(auroc: float, n: int, m: int, alpha: float) -> Interval:
    """Hoeffding's (1963) interval of a mean over all pairs, which is as sure as one over min(n, m) disjoint pairs."""
    margin = math.sqrt(math.log(2 / alpha) / (2 * min(n, m)))
    return Interval(max(auroc - margin, 0.0), min(auroc + margin, 1.0))


def detection_error_by_curves(error: float, n: int, m: int, alpha: float) -> Interval:
    """From the largest errors of both distribution functions (Dvoretzky, Kiefer & Wolfowitz 1956; Massart 1990)."""
    margin = sum(math.sqrt(math.log(4 / alpha) / (2 * size)) for size in (n, m)) / 2
    return Interval(max(error - margin, 0.0), min(error + margin, 0.5))
