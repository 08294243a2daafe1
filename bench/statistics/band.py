"""`fpr_at_95_tpr_band` of resamples: its 100,000 thresholds are counted, not tried."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import numpy.typing as npt

from bench.metrics.inputs import FloatArray
from bench.metrics.ood import BAND, BAND_THRESHOLDS

from .layout import Index, Layout
from .resampling import CountArray

Sums = npt.NDArray[np.int32 | np.int64]


@dataclass(frozen=True)
class _Noted:
    """Of some resamples the thresholds' lowest and their step, the ID scores at the band's ends, and how many OOD
    scores pass the lower end, shapes (r,); of each OOD score in a band its resample, score and count, shapes (k,).
    """

    low: FloatArray
    step: FloatArray
    first: FloatArray
    last: FloatArray
    passed: FloatArray
    row: Index
    score: FloatArray
    count: CountArray

    @classmethod
    def together(cls, parts: Sequence[_Noted]) -> _Noted:
        """The parts as one; their resamples are counted on."""
        joined = {field.name: np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(cls)}
        before = np.cumsum([0, *(len(part.low) for part in parts[:-1])])
        return replace(cls(**joined), row=np.concatenate([part.row + b for part, b in zip(parts, before, strict=True)]))


class Band:
    """The band's mean FPR for resamples of the sets of a layout."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self._collected: list[_Noted] = []
        n = layout.n_id
        fewest, most = math.ceil(BAND[0] * n), math.floor(BAND[1] * n)
        self.first_rank, self.last_rank = n - most - 1, n - fewest
        lowest = min(layout.id_scores[0], layout.ood_scores[0])
        highest = max(layout.id_scores[-1], layout.ood_scores[-1])
        # Halving such large numbers is exact, and their range then fits.
        scale = 1.0 if highest / 2 - lowest / 2 < np.finfo(np.float64).max / 2 else 0.5
        self.id_scores, self.ood_scores = scale * layout.id_scores, scale * layout.ood_scores

    def collect(self, id_counts: CountArray, ood_counts: CountArray, id_sums: Sums, ood_sums: Sums) -> None:
        """Take note of what is needed of r resamples, whose counts and sums are those of the sorted scores.

        Thresholds above the ID score at `first` up to that at `last` are in the band.
        """
        layout = self.layout
        first, last = (_place_of_rank(id_sums, rank) for rank in (self.first_rank, self.last_rank))
        low, high = self._ends(id_counts, ood_counts)
        from_place = layout.ood_up_to[first]
        rows, places = _ragged(from_place, layout.ood_below[last])
        self._collected.append(
            _Noted(
                low=low,
                step=(high - low) / BAND_THRESHOLDS,
                first=self.id_scores[first],
                last=self.id_scores[last],
                passed=layout.n_ood - ood_sums[np.arange(len(first)), from_place].astype(np.float64),
                row=rows,
                score=self.ood_scores[places],
                count=ood_counts[rows, places],
            )
        )

    def take_mean_fpr(self) -> FloatArray:
        """The figure `(r,)` of each resample that was collected since the last time, NaN where it is undefined.

        The sum of false positives in the band is what its lowest threshold would have, each time, less what each OOD
        score in the band loses to the thresholds above it.
        """
        noted = _Noted.together(self._collected)
        self._collected.clear()
        begin = _thresholds_up_to(noted.first, noted.low, noted.step)
        end = _thresholds_up_to(noted.last, noted.low, noted.step)
        rows = noted.row
        above = end[rows] - _thresholds_up_to(noted.score, noted.low[rows], noted.step[rows])
        losses = np.bincount(rows, noted.count * above, minlength=len(end))
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = (noted.passed - losses / (end - begin)) / self.layout.n_ood
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
