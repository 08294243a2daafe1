"""How many ID and OOD scores lie below each distinct score of either set, for curves and areas under them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .inputs import FloatArray
from .ranking import Positive, checked_positive
from .tagged_scores import IntArray, TaggedScores


@dataclass(frozen=True)
class ThresholdTable:
    """Counts at every threshold that changes a decision; exact with ties, since tied scores share one entry.

    A score counts as positive where it is >= the threshold. `thresholds` (u,) holds the distinct scores of both
    sets, ascending. `id_below` and `ood_below` (u + 1,) hold how many scores of either set are smaller than each
    threshold, and at the end the set's size. Here ID is the positive class; `flipped` has the roles exchanged.
    """

    thresholds: FloatArray
    id_below: IntArray
    ood_below: IntArray

    @classmethod
    def of(cls, scores: TaggedScores) -> ThresholdTable:
        """Build the table from sorted scores."""
        keys = scores.keys
        starts = np.append(np.flatnonzero(np.diff(keys >> 1, prepend=(keys[0] >> 1) - 1)), keys.size)
        ood_below = np.concatenate([[0], np.cumsum(keys & 1)])[starts]
        return cls(scores.decode(keys[starts[:-1]]), starts - ood_below, ood_below)

    @property
    def n_id(self) -> int:
        """Number of ID scores."""
        return int(self.id_below[-1])

    @property
    def n_ood(self) -> int:
        """Number of OOD scores."""
        return int(self.ood_below[-1])

    @cached_property
    def id_at(self) -> IntArray:
        """Number of ID scores equal to each threshold, shape (u,)."""
        return np.diff(self.id_below)

    @cached_property
    def ood_at(self) -> IntArray:
        """Number of OOD scores equal to each threshold, shape (u,)."""
        return np.diff(self.ood_below)

    @cached_property
    def flipped(self) -> ThresholdTable:
        """The table of the negated scores with OOD as the positive class; its `id_*` counts are the OOD set's."""
        return ThresholdTable(
            -self.thresholds[::-1], self.n_ood - self.ood_below[::-1], self.n_id - self.id_below[::-1]
        )

    def with_positive(self, positive: Positive) -> ThresholdTable:
        """Return this table for "id" and `flipped` for "ood"; raises `BenchError` for anything else."""
        return self if checked_positive(positive) == "id" else self.flipped
