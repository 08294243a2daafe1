"""Scores counted in bins whose borders come from a sample: exact counts, in one pass over each file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from bench.metrics.inputs import BoolArray, FloatArray
from bench.metrics.tagged_scores import IntArray


@dataclass(frozen=True)
class Bins:
    """Intervals that cover all numbers, at `borders` `(k,)`, distinct and ascending.

    There are 2 k + 1 of them: below the first border, that border alone, between it and the next, and so on. So a
    score that many images share fills a bin of its own, in which nothing is left unknown.
    """

    borders: FloatArray

    @classmethod
    def from_sample(cls, sample: FloatArray, count: int) -> Bins:
        """Borders that part the sample into about `count` equal shares."""
        ordered = np.sort(sample) + 0.0
        places = np.linspace(0, ordered.size - 1, min(count, ordered.size)).astype(np.intp)
        return cls(np.unique(ordered[places]))

    def count(self, blocks: Iterable[FloatArray]) -> IntArray:
        """How many scores lie in each bin, `(2 k + 1,)`."""
        counts = np.zeros(2 * self.borders.size + 1, np.int64)
        for block in blocks:
            ordered = np.sort(block)
            ends = np.empty(counts.size + 1, np.int64)
            ends[0], ends[-1] = 0, ordered.size
            ends[1:-1:2] = np.searchsorted(ordered, self.borders, side="left")
            ends[2:-1:2] = np.searchsorted(ordered, self.borders, side="right")
            counts += np.diff(ends)
        return counts

    @property
    def single(self) -> BoolArray:
        """Whether each bin is one number, `(2 k + 1,)`."""
        single = np.zeros(2 * self.borders.size + 1, np.bool_)
        single[1::2] = True
        return single
