"""How many scores reach evenly spaced thresholds, counted while the scores pass by: the papers' banded FPR."""

from __future__ import annotations

import numpy as np

from bench.metrics.ood import band_counts, even_thresholds
from bench.metrics.tagged_scores import IntArray

from .merge import Counts


class Grid:
    """Of each of the band's thresholds between two scores: how many of `n_id` and `n_ood` scores lie below."""

    def __init__(self, lowest: float, highest: float, n_id: int, n_ood: int) -> None:
        self.thresholds = even_thresholds(lowest, highest)
        self.n_id, self.n_ood = n_id, n_ood
        self.id_below = np.full(self.thresholds.size, n_id, np.int64)
        self.ood_below = np.full(self.thresholds.size, n_ood, np.int64)
        self._passed = self._id = self._ood = 0

    def add(self, counts: Counts) -> None:
        """Pass the next scores, ID first and OOD second."""
        end = int(np.searchsorted(self.thresholds, counts.scores[-1], side="right"))
        here = slice(self._passed, end)
        places = np.searchsorted(counts.scores, self.thresholds[here])
        self.id_below[here] = self._id + _below(counts.first)[places]
        self.ood_below[here] = self._ood + _below(counts.second)[places]
        self._id += int(counts.first.sum())
        self._ood += int(counts.second.sum())
        self._passed = end

    def band_mean_fpr(self) -> float | None:
        """See `bench.metrics.fpr_at_95_tpr_band`."""
        fewest, most = band_counts(self.n_id)
        id_reached = self.n_id - self.id_below
        inside = (fewest <= id_reached) & (id_reached <= most)
        if not inside.any():
            return None
        return float(np.mean(self.n_ood - self.ood_below[inside])) / self.n_ood


def _below(counts: IntArray) -> IntArray:
    return np.concatenate([[0], np.cumsum(counts)])
