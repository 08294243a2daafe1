"""The metrics of a few resamples at a time, in arrays that are used again for the next few."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.metrics.inputs import FloatArray
from bench.metrics.steps import needed_count

from .band import Band
from .layout import Index, Layout
from .resampling import BLOCK, CountArray

METRICS = (
    "auroc",
    "fpr_at_95_tpr",
    "fpr_at_95_tpr_ood",
    "detection_error",
    "aupr_in",
    "aupr_out",
    "fpr_at_95_tpr_band",
)
"""The metrics of each resample, in the order of their columns."""

_ELEMENTS = 2**17
"""Scores that are looked at together, as few as numpy's overhead allows: their sums stay in the processor's cache."""

_LARGEST_EXACT = {np.float32: 2**24, np.int32: 2**31}

_TINY = 1e-30
"""Added to counts that are divided by: it leaves them as they are, and makes 0 / 0 a 0."""

Real = npt.NDArray[np.float32 | np.float64]
Sums = npt.NDArray[np.int32 | np.int64]


class Workspace:
    """Computes the metrics of up to `rows` resamples of the sets of a layout together."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.band = Band(layout)
        n, m = layout.n_id, layout.n_ood
        self.id_rank, self.ood_rank = n - needed_count(n, 0.95), needed_count(m, 0.95) - 1
        self.rows = min(BLOCK, max(1, _ELEMENTS // (n + m)))
        # Half the memory to pass wherever the narrow types hold every count exactly.
        real = np.float32 if n + m < _LARGEST_EXACT[np.float32] else np.float64
        whole = np.int32 if 2 * n * m < _LARGEST_EXACT[np.int32] else np.int64
        self.ids, self.oods = _Side.of_size(self.rows, n, real, whole), _Side.of_size(self.rows, m, real, whole)

    def metrics(self, id_counts: CountArray, ood_counts: CountArray) -> FloatArray:
        """The metrics `(r, 7)` of r resamples; `id_counts` (r, n) and `ood_counts` (r, m) follow the images' order.

        The last metric is left open: it is computed for many resamples together, by `band.take_mean_fpr`.
        """
        layout, n, m = self.layout, self.layout.n_id, self.layout.n_ood
        ids = self.ids.filled(id_counts, layout.id_order)
        oods = self.oods.filled(ood_counts, layout.ood_order)
        # Of each ID score: OOD occurrences below it. Of each OOD score: ID occurrences up to it.
        ids.look_up(oods.sums, layout.ood_below)
        oods.look_up(ids.sums, layout.id_up_to)
        found = np.empty((len(id_counts), len(METRICS)))
        found[:, 0] = (ids.dot(ids.others_real) + self._ties(ids, oods)) / (n * m)
        found[:, 1] = 1 - ids.others_at(self.id_rank) / m
        found[:, 2] = oods.others_at(self.ood_rank) / n
        found[:, 3] = (n * m + np.minimum(_least_excess(ids, n, m), 0)) / (2 * n * m)
        found[:, 4] = _average_precision_above(ids, layout.id_first, n, n + m) / n
        found[:, 5] = _average_precision_below(oods, layout.ood_last) / m
        self.band.collect(ids.counts, oods.counts, ids.sums, oods.sums)
        return found

    def _ties(self, ids: _Side, oods: _Side) -> FloatArray:
        """Half of the pairs of equal scores."""
        ties = self.layout.ties
        pairs = ids.between(ties.id_begin, ties.id_end) * oods.between(ties.ood_begin, ties.ood_end)
        return np.asarray(pairs.sum(axis=1) / 2)


@dataclass(frozen=True)
class _Side:
    """One set's scores in ascending order, for r resamples: `counts` (r, n), how often each occurs; `sums` (r, n + 1),
    how many occurrences lie before each place; `others` (r, n), how many of the other set lie below, as it was looked
    up; `whole` and `real`, arrays (r, n) to compute in, of which the first two floats are the counts and the others.
    """

    counts: CountArray
    sums: Sums
    others: Sums
    whole: Sums
    real: tuple[Real, ...]

    @classmethod
    def of_size(cls, rows: int, size: int, real: type[np.floating], whole: type[np.signedinteger]) -> _Side:
        """Room for so many resamples of a set, with numbers of the given types."""
        others, spare = np.empty((2, rows, size), whole)
        floats = tuple(np.empty((4, rows, size), real))
        return cls(np.empty((rows, size), np.uint8), np.zeros((rows, size + 1), whole), others, spare, floats)

    def filled(self, counts: CountArray, order: Index) -> _Side:
        """The room of the first r resamples, with their counts, which are given in the images' order."""
        r = len(counts)
        part = _Side(self.counts[:r], self.sums[:r], self.others[:r], self.whole[:r], tuple(a[:r] for a in self.real))
        np.take(counts, order, axis=1, out=part.counts, mode="clip")
        np.cumsum(part.counts, axis=1, dtype=part.sums.dtype, out=part.sums[:, 1:])
        np.copyto(part.weights, part.counts)
        return part

    @property
    def weights(self) -> Real:
        """The counts as floats."""
        return self.real[0]

    @property
    def others_real(self) -> Real:
        """The others as floats."""
        return self.real[1]

    @property
    def spare(self) -> tuple[Real, Real]:
        """Two arrays to compute in."""
        return self.real[2], self.real[3]

    def look_up(self, sums: Sums, places: Index) -> None:
        """Find how many of the other set, whose `sums` are given, lie before a place of each score."""
        np.take(sums, places, axis=1, out=self.others, mode="clip")
        np.copyto(self.others_real, self.others)

    def sums_at(self, places: Index | None, otherwise: slice, out: Real) -> None:
        """Write the sums before a place of each score; without `places`, which only ties need, those of a slice."""
        if places is None:
            np.copyto(out, self.sums[:, otherwise])
        else:
            np.copyto(out, np.take(self.sums, places, axis=1, out=self.whole, mode="clip"))

    def between(self, begin: Index, end: Index) -> FloatArray:
        """How many occurrences `(r, t)` lie from each place up to another."""
        return (self.sums.take(end, axis=1) - self.sums.take(begin, axis=1)).astype(np.float64)

    def dot(self, values: Real) -> FloatArray:
        """The sum over occurrences of a value of each score; overwrites the first spare array."""
        # Sums of a product are pairwise, and so more exact than the sums of einsum.
        return np.asarray(np.multiply(self.weights, values, out=self.spare[0]).sum(axis=1).astype(np.float64))

    def others_at(self, rank: int) -> FloatArray:
        """The others of the score that has the given rank, from 0 in ascending order, among all occurrences."""
        places = (self.sums[:, 1:] > rank).argmax(axis=1)
        return np.asarray(self.others[np.arange(len(places)), places].astype(np.float64))


def _least_excess(ids: _Side, n: int, m: int) -> FloatArray:
    """The least of m · (ID below) - n · (OOD below) over thresholds; a score that is absent is never a better one."""
    excess = np.multiply(ids.others, -n, out=ids.whole)
    excess += np.multiply(ids.sums[:, :-1], m, out=ids.others)
    return np.asarray(excess.min(axis=1).astype(np.float64))


def _average_precision_above(ids: _Side, first: Index | None, n: int, total: int) -> FloatArray:
    """Of ID scores as positives: the sum of the precision among what is as large as each occurrence."""
    below, reached = ids.spare
    np.copyto(
        below, ids.sums[:, :-1] if first is None else np.take(ids.sums, first, axis=1, out=ids.whole, mode="clip")
    )
    np.add(below, ids.others_real, out=reached)
    np.subtract(total, reached, out=reached)
    reached += _TINY
    np.subtract(n, below, out=below)
    return ids.dot(np.divide(below, reached, out=reached))


def _average_precision_below(oods: _Side, last: Index | None) -> FloatArray:
    """Of OOD scores as positives: the sum of the precision among what is as small as each occurrence."""
    up_to, reached = oods.spare
    np.copyto(
        up_to, oods.sums[:, 1:] if last is None else np.take(oods.sums, last, axis=1, out=oods.whole, mode="clip")
    )
    np.add(up_to, oods.others_real, out=reached)
    reached += _TINY
    return oods.dot(np.divide(up_to, reached, out=reached))
