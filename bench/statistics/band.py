"""`fpr_at_95_tpr_band` of resamples: its 100,000 thresholds are counted, not tried."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from bench.metrics.inputs import FloatArray
from bench.metrics.ood import BAND, BAND_THRESHOLDS

from .layout import Index, Layout
from .resampling import CountArray

Sums = npt.NDArray[np.int32 | np.int64]


class Band:
    """The band's mean FPR for resamples of the sets of a layout."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        n = layout.n_id
        fewest, most = math.ceil(BAND[0] * n), math.floor(BAND[1] * n)
        self.first_rank, self.last_rank = n - most - 1, n - fewest
        lowest = min(layout.id_scores[0], layout.ood_scores[0])
        highest = max(layout.id_scores[-1], layout.ood_scores[-1])
        # Halving such large numbers is exact, and their range then fits.
        scale = 1.0 if highest / 2 - lowest / 2 < np.finfo(np.float64).max / 2 else 0.5
        self.id_scores, self.ood_scores = scale * layout.id_scores, scale * layout.ood_scores

    def mean_fpr(self, id_counts: CountArray, ood_counts: CountArray, id_sums: Sums, ood_sums: Sums) -> FloatArray:
        """The figure `(r,)` of each resample, NaN where it is undefined.

        Counts and sums are those of the sorted scores. Thresholds above the ID score at `first` up to that at `last`
        are in the band. The sum of their false positives is what the lowest of them would have, each time, less what
        each OOD score in the band loses to those above it.
        """
        layout = self.layout
        first, last = (_place_of_rank(id_sums, rank) for rank in (self.first_rank, self.last_rank))
        low, high = self._ends(id_counts, ood_counts)
        step = (high - low) / BAND_THRESHOLDS
        begin = _thresholds_up_to(self.id_scores[first], low, step)
        end = _thresholds_up_to(self.id_scores[last], low, step)
        from_place, to_place = layout.ood_up_to[first], layout.ood_below[last]
        rows, places = _ragged(from_place, to_place)
        above = end[rows] - _thresholds_up_to(self.ood_scores[places], low[rows], step[rows])
        losses = np.bincount(rows, ood_counts[rows, places] * above, minlength=len(end))
        passed = layout.n_ood - ood_sums[np.arange(len(end)), from_place].astype(np.float64)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = (passed - losses / (end - begin)) / layout.n_ood
        return np.where(end > begin, mean, np.nan)

    def _ends(self, id_counts: CountArray, ood_counts: CountArray) -> tuple[FloatArray, FloatArray]:
        """The smallest and the largest score that occur in each resample."""
        (id_low, id_high), (ood_low, ood_high) = _outermost(id_counts), _outermost(ood_counts)
        low = np.minimum(self.id_scores[id_low], self.ood_scores[ood_low])
        return low, np.maximum(self.id_scores[id_high], self.ood_scores[ood_high])


def _place_of_rank(sums: Sums, rank: int) -> Index:
    places: Index = (sums[:, 1:] > rank).argmax(axis=1)
    return places


def _thresholds_up_to(values: FloatArray, low: FloatArray, step: FloatArray) -> FloatArray:
    """How many of the thresholds low, low + step, … are at most as large as each value; NaN where the step is 0."""
    with np.errstate(invalid="ignore", divide="ignore"):
        last = np.floor((values - low) / step)
    # The quotient may have been rounded to either side.
    last += low + (last + 1) * step <= values
    last -= low + last * step > values
    counts: FloatArray = np.clip(last + 1, 0, BAND_THRESHOLDS)
    return counts


def _outermost(counts: CountArray) -> tuple[Index, Index]:
    occurs = counts != 0
    return occurs.argmax(axis=1), counts.shape[1] - 1 - occurs[:, ::-1].argmax(axis=1)


def _ragged(start: Index, end: Index) -> tuple[Index, Index]:
    """Every place from `start` up to and without `end` of each row, with the row that it belongs to."""
    lengths = np.maximum(end - start, 0)
    rows = np.repeat(np.arange(len(start)), lengths)
    before = np.cumsum(lengths) - lengths
    return rows, np.arange(len(rows)) - before[rows] + start[rows]
