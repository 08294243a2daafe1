"""How ID and OOD scores rank among each other: what every OOD metric is read from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

from bench.errors import BenchError

from .inputs import FloatArray, score_array
from .steps import Steps
from .tagged_scores import IntArray, TaggedScores, tag_and_sort
from .walk import Walk

Positive = Literal["id", "ood"]


@dataclass(frozen=True)
class Ranking:
    """Both sets in one ascending order; exact with ties, since equal scores are counted together.

    A score counts as ID where it is >= the threshold, as OOD where it is <= the threshold.
    """

    scores: TaggedScores
    n_id: int
    n_ood: int

    def steps(self, positive: Positive) -> Steps:
        """Return the steps with "id" or "ood" positive; raises `BenchError` for anything else."""
        return self.id_steps if checked_positive(positive) == "id" else self.ood_steps

    @property
    def id_steps(self) -> Steps:
        """The steps from the largest ID score down."""
        return self._walk.id_steps

    @property
    def ood_steps(self) -> Steps:
        """The steps from the smallest OOD score up."""
        return self._walk.ood_steps

    @cached_property
    def _walk(self) -> Walk:
        return Walk.along(self.scores.keys, self.n_id, self.n_ood)

    def auroc(self) -> float:
        """P(ID score > OOD score) + ½ P(equal), from integer counts and a single division."""
        return area(self.n_id * self.n_ood, self.id_steps.false_pairs(), int(np.dot(*self._tied)))

    def tie_share(self) -> float:
        """Share of all scores that equal a score of the other set."""
        id_tied, ood_tied = self._tied
        return int(id_tied.sum() + ood_tied.sum()) / (self.n_id + self.n_ood)

    def rank(self, step: int) -> int:
        """The rank of the first ID score of a step of `id_steps`."""
        return self.n_id + self.n_ood - int(self.id_steps.true[step]) - int(self.id_steps.false[step])

    def value(self, rank: int) -> float:
        """The score at `rank` of the ascending order, counted from 0; negative ranks count from the end."""
        return float(self.scores.decode(self.scores.keys[[rank]])[0])

    @property
    def _tied(self) -> tuple[IntArray, IntArray]:
        """Of each score that both sets have: how often the ID set and the OOD set have it."""
        keys, last_id = self.scores.keys, self._walk.tied_ends
        values = keys[last_id]
        starts, ends = np.searchsorted(keys, values), np.searchsorted(keys, values + 2)
        return last_id + 1 - starts, ends - last_id - 1


def area(pairs: int, not_won: int, tied: int) -> float:
    """AUROC from the number of pairs, of those that ID does not win, and of those of these that are tied."""
    return (2 * (pairs - not_won) + tied) / (2 * pairs)


def checked_positive(positive: Positive) -> Positive:
    """Return `positive`; raises `BenchError` for anything but "id" and "ood"."""
    if positive not in ("id", "ood"):
        raise BenchError(f"The positive class must be 'id' or 'ood', got {positive!r}.")
    return positive


def rank_scores(id_scores: npt.ArrayLike, ood_scores: npt.ArrayLike, context: str = "") -> Ranking:
    """Check both sets (see `score_array` for the errors) and rank them."""
    checked_id, checked_ood = (
        score_array(id_scores, "ID scores", context),
        score_array(ood_scores, "OOD scores", context),
    )
    return rank_checked(checked_id, checked_ood)


def rank_checked(id_scores: FloatArray, ood_scores: FloatArray) -> Ranking:
    """Rank checked scores, shapes (n,) and (m,); one of them may be empty, not both."""
    return Ranking(tag_and_sort(id_scores, ood_scores), id_scores.size, ood_scores.size)
