"""Metrics from counts that pass by once: the steps of `bench.metrics.steps`, of which only a block is ever held."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from bench.metrics.steps import (
    CountArray,
    StepBlock,
    detection_error,
    false_pairs,
    least_excess,
    needed_count,
    precision_sum,
)
from bench.metrics.tagged_scores import BLOCK, IntArray

_EMPTY = np.empty(0, np.int64)


class StepTally:
    """What `Steps` answers, for thresholds that come strictest first; equal to it to the last bit.

    `rates` are the true-positive rates that `fpr_at_tpr` may be asked for.
    """

    def __init__(self, n_positive: int, n_negative: int, rates: tuple[float, ...]) -> None:
        self.n_positive, self.n_negative = n_positive, n_negative
        self._false_at = {needed_count(n_positive, rate): 0 for rate in rates}
        self._true = self._false = self._passed = self._false_pairs = self._least = 0
        self._precision: list[float] = []
        self._waiting: StepBlock = (_EMPTY, _EMPTY, _EMPTY)

    def add(self, positives: IntArray, negatives: IntArray) -> None:
        """Pass thresholds, with how many positives and negatives each of them adds, both `(u,)`."""
        true, false = np.cumsum(positives) + self._true, np.cumsum(negatives) + self._false
        self._true, self._false = int(true[-1]), int(false[-1])
        steps = np.flatnonzero(positives)
        found = (positives[steps], true[steps], false[steps])
        blocks = [np.concatenate(pair) for pair in zip(self._waiting, found, strict=True)]
        whole = blocks[0].size // BLOCK * BLOCK
        for start in range(0, whole, BLOCK):
            self._pass(_cut(blocks, slice(start, start + BLOCK)))
        self._waiting = _cut(blocks, slice(whole, None))

    def finish(self) -> None:
        """Pass what waits for a block to become full, after the last threshold."""
        if self._waiting[0].size:
            self._pass(self._waiting)

    def _pass(self, block: StepBlock) -> None:
        _, true, false = block
        for count in self._false_at:
            if self._passed < count <= true[-1]:
                self._false_at[count] = int(false[np.searchsorted(true, count)])
        self._passed = int(true[-1])
        self._false_pairs += false_pairs(block)
        self._least = min(self._least, least_excess(block, self.n_positive, self.n_negative))
        self._precision.append(precision_sum(block))

    def fpr_at_tpr(self, tpr: float) -> float:
        """See `Steps.fpr_at_tpr`."""
        return self._false_at[needed_count(self.n_positive, tpr)] / self.n_negative

    def false_pairs(self) -> int:
        """See `Steps.false_pairs`."""
        return self._false_pairs

    def detection_error(self) -> float:
        """See `Steps.detection_error`."""
        return detection_error(self._least, self.n_positive, self.n_negative)

    def average_precision(self) -> float:
        """See `Steps.average_precision`."""
        return math.fsum(self._precision) / self.n_positive


def _cut(steps: Sequence[CountArray], place: slice) -> StepBlock:
    gain, true, false = steps
    return gain[place], true[place], false[place]
