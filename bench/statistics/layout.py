"""Where the scores of one pair of sets lie among each other: found once, read by every resample."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

from bench.metrics.inputs import FloatArray, score_array

Index = npt.NDArray[np.intp]


SIDES: tuple[Literal["left"], Literal["right"]] = ("left", "right")


@dataclass(frozen=True)
class Ties:
    """Of each score that both sets have, where its equals begin and end in either set's order; shapes (t,)."""

    id_begin: Index
    id_end: Index
    ood_begin: Index
    ood_end: Index


@dataclass(frozen=True)
class Layout:
    """Sorted scores of both sets, and for each the number of scores below it or up to it.

    `id_scores` (n,) and `ood_scores` (m,) ascend; `id_order` and `ood_order` are the places where they stood before.
    """

    id_scores: FloatArray
    ood_scores: FloatArray
    id_order: Index
    ood_order: Index

    @classmethod
    def of(cls, id_scores: npt.ArrayLike, ood_scores: npt.ArrayLike) -> Layout:
        """Check (see `bench.metrics.evaluate` for the errors) and sort the scores."""
        ids, oods = score_array(id_scores, "ID scores"), score_array(ood_scores, "OOD scores")
        id_order, ood_order = np.argsort(ids, kind="stable"), np.argsort(oods, kind="stable")
        return cls(ids[id_order], oods[ood_order], id_order, ood_order)

    @property
    def n_id(self) -> int:
        """Number of ID scores."""
        return len(self.id_scores)

    @property
    def n_ood(self) -> int:
        """Number of OOD scores."""
        return len(self.ood_scores)

    @cached_property
    def ood_below(self) -> Index:
        """Of each ID score `(n,)`, how many OOD scores are smaller."""
        return np.searchsorted(self.ood_scores, self.id_scores, side="left")

    @cached_property
    def ood_up_to(self) -> Index:
        """Of each ID score `(n,)`, how many OOD scores are at most as large."""
        return np.searchsorted(self.ood_scores, self.id_scores, side="right")

    @cached_property
    def id_up_to(self) -> Index:
        """Of each OOD score `(m,)`, how many ID scores are at most as large."""
        return np.searchsorted(self.id_scores, self.ood_scores, side="right")

    @cached_property
    def id_first(self) -> Index | None:
        """Of each ID score `(n,)`, the place of the first that equals it; None where all differ."""
        first = np.searchsorted(self.id_scores, self.id_scores, side="left")
        return None if np.array_equal(first, np.arange(self.n_id)) else first

    @cached_property
    def ood_last(self) -> Index | None:
        """Of each OOD score `(m,)`, the place after the last that equals it; None where all differ."""
        last = np.searchsorted(self.ood_scores, self.ood_scores, side="right")
        return None if np.array_equal(last, np.arange(1, self.n_ood + 1)) else last

    @cached_property
    def ties(self) -> Ties:
        """The scores that both sets have."""
        common = np.intersect1d(self.id_scores, self.ood_scores)
        places = [
            np.searchsorted(scores, common, side) for scores in (self.id_scores, self.ood_scores) for side in SIDES
        ]
        return Ties(*places)
