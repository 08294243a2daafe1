"""Sorted runs of two sets merged, a piece at a time, into counts of each distinct score."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Self

import numpy as np

from bench.metrics.inputs import FloatArray
from bench.metrics.tagged_scores import IntArray, tag_and_sort
from bench.metrics.threshold_table import ThresholdTable

from .runs import Run


class Counts(NamedTuple):
    """Distinct ascending `scores` `(u,)`, and how many of the first and of the second set equal each, `(u,)`."""

    scores: FloatArray
    first: IntArray
    second: IntArray

    @classmethod
    def of(cls, first: FloatArray, second: FloatArray) -> Self:
        """Count scores that are in memory; one of the two may be empty, not both."""
        table = ThresholdTable.of(tag_and_sort(first, second))
        return cls(table.thresholds, table.id_at, table.ood_at)

    def cut(self, place: slice) -> Counts:
        """Some of the scores, in a row."""
        return Counts(self.scores[place], self.first[place], self.second[place])

    def after(self, before: Counts) -> Counts:
        """These with one score before them, which may be the first of them: their counts are added up then."""
        if before.scores[0] != self.scores[0]:
            return Counts(
                np.concatenate([before.scores, self.scores]),
                np.concatenate([before.first, self.first]),
                np.concatenate([before.second, self.second]),
            )
        self.first[0] += before.first[0]
        self.second[0] += before.second[0]
        return self


def merged(first: Sequence[Run], second: Sequence[Run], ahead: int) -> Iterator[Counts]:
    """The counts of all scores of two sets, ascending; no score is in two pieces.

    `ahead` scores of each run are in memory at a time. What is no larger than the last of them in any run is complete,
    up to copies of that score itself: so the last score of a piece waits for the next piece.
    """
    sides = [[_Reader(run, ahead) for run in runs] for runs in (first, second)]
    readers = [reader for side in sides for reader in side]
    held: Counts | None = None
    while any(reader.seen.size for reader in readers):
        limit = min(reader.limit for reader in readers)
        found = Counts.of(*(np.concatenate([reader.take(limit) for reader in side]) for side in sides))
        if held is not None:
            found = found.after(held)
        held = found.cut(slice(-1, None))
        if found.scores.size > 1:
            yield found.cut(slice(-1))
    if held is not None:
        yield held


class _Reader:
    """A run that is read from its smallest score on; `seen` are those in memory."""

    def __init__(self, run: Run, ahead: int) -> None:
        self.run, self.ahead, self.read = run, ahead, 0
        self.seen = self._more()

    @property
    def limit(self) -> float:
        """No score that is still on disk is smaller; infinity when there is none."""
        return float(self.seen[-1]) if self.read < self.run.size else np.inf

    def take(self, limit: float) -> FloatArray:
        """The scores in memory up to `limit`, which are not returned again."""
        count = int(np.searchsorted(self.seen, limit, side="right"))
        taken, self.seen = self.seen[:count], self.seen[count:]
        if not self.seen.size:
            self.seen = self._more()
        return taken

    def _more(self) -> FloatArray:
        more = self.run.read(self.read, self.ahead)
        self.read += more.size
        return more
