"""What is called positive at each threshold, and the metrics that only need these counts."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from .inputs import checked_tpr
from .tagged_scores import BLOCK

CountArray = npt.NDArray[np.int32 | np.int64]

StepBlock = tuple[CountArray, CountArray, CountArray]
"""How many positives each step adds, and `true` and `false`, of some of the steps; shapes (k,)."""


@dataclass(frozen=True)
class Steps:
    """What is called positive as the threshold passes the distinct scores of the positive set, strictest first.

    `true` and `false` (u,) count the positives and negatives on the positive side of each of these thresholds, the
    threshold included; both ascend, and the last of `true` is the number of positives. Tied scores are one step.
    """

    true: CountArray
    false: CountArray
    n_negative: int

    @property
    def n_positive(self) -> int:
        """Number of scores of the positive set."""
        return int(self.true[-1])

    def fpr_at_tpr(self, tpr: float) -> float:
        """Share of the negatives called positive at the first step with at least the share `tpr` of the positives."""
        step = first_step(self.true, needed_count(self.n_positive, tpr))
        return int(self.false[step]) / self.n_negative

    def false_pairs(self) -> int:
        """Number of pairs of a positive and a negative whose negative is called positive wherever the positive is."""
        return sum(map(false_pairs, self._blocks()))

    def detection_error(self) -> float:
        """Minimum over thresholds of ½ (share of positives missed) + ½ (share of negatives called positive)."""
        n, m = self.n_positive, self.n_negative
        return detection_error(min(least_excess(block, n, m) for block in self._blocks()), n, m)

    def average_precision(self) -> float:
        """Sum over steps of the gain in recall times the precision there."""
        return math.fsum(map(precision_sum, self._blocks())) / self.n_positive

    def _blocks(self) -> Iterator[StepBlock]:
        before = self.true.dtype.type(0)
        for start in range(0, self.true.size, BLOCK):
            true, false = self.true[start : start + BLOCK], self.false[start : start + BLOCK]
            yield np.diff(true, prepend=before), true, false
            before = true[-1]


def false_pairs(block: StepBlock) -> int:
    """What these steps add to `Steps.false_pairs`."""
    gain, _, false = block
    return int(np.dot(gain.astype(np.int64), false.astype(np.int64)))


def least_excess(block: StepBlock, n_positive: int, n_negative: int) -> int:
    """The least number of pairs, of all of them, by which `false` is ahead of `true` at one of these steps."""
    _, true, false = block
    return int((false.astype(np.int64) * n_positive - true.astype(np.int64) * n_negative).min())


def detection_error(least: int, n_positive: int, n_negative: int) -> float:
    """`Steps.detection_error` where `least` is the least excess of all steps; it is 0 before the first one."""
    pairs = n_positive * n_negative
    return (pairs + min(least, 0)) / (2 * pairs)


def precision_sum(block: StepBlock) -> float:
    """What these steps add to the average precision, times the number of positives."""
    gain, true, false = (counts.astype(np.float64) for counts in block)
    false += true
    return float(np.dot(gain, np.divide(true, false, out=false)))


def first_step(counts: CountArray, count: int) -> int:
    """Index of the first of the ascending `counts` that is at least `count`; another type would copy them all."""
    return int(np.searchsorted(counts, counts.dtype.type(count)))


def needed_count(size: int, share: float) -> int:
    """Return the smallest count that is at least `share` of `size`; `share` is read as the decimal that it prints as.

    >>> needed_count(20, 0.95), needed_count(21, 0.95)
    (19, 20)
    """
    return math.ceil(Fraction(repr(checked_tpr(share))) * size)
