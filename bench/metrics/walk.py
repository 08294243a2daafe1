"""One walk along the sorted keys, which counts what is positive at each distinct score."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .inputs import BoolArray
from .steps import CountArray, Steps
from .tagged_scores import BLOCK, IntArray


@dataclass(frozen=True)
class Walk:
    """The steps with either set positive; `tied_ends` are the ranks of the last ID score of each that both sets have.

    Of ties, ID scores come first: of an ID score, tied OOD scores lie above, and of an OOD score, tied ID scores
    below. So both count as positive with it, as a threshold includes what equals it.
    """

    id_steps: Steps
    ood_steps: Steps
    tied_ends: IntArray

    @classmethod
    def along(cls, keys: IntArray, n_id: int, n_ood: int) -> Walk:
        """Walk along `keys` of `tag_and_sort`, a block at a time."""
        kind = np.int32 if keys.size < 2**31 else np.int64  # half the memory to pass wherever it suffices
        id_side, ood_side = _Side(n_id, kind), _Side(n_ood, kind)
        tied_ends, steps, last = [], np.empty(BLOCK, np.int64), keys[0] - 2
        for start in range(0, keys.size, BLOCK):
            block = keys[start : start + BLOCK]
            step = steps[: block.size]
            step[0] = block[0] - last
            np.subtract(block[1:], block[:-1], out=step[1:])
            is_ood, is_first = (block & 1).astype(np.bool_), step != 0
            id_side.add(start, ~is_ood, is_first)
            ood_side.add(start, is_ood, is_first)
            tied_ends.append(np.flatnonzero((step == 1) & is_ood) + (start - 1))
            last = block[-1]
        return cls(id_side.steps_down(n_ood), ood_side.steps_up(n_id), np.concatenate(tied_ends))


@dataclass
class _Side:
    """Of each distinct score of one set that was passed, ascending: how many of the set and of the other lie below."""

    size: int
    kind: type[np.int32 | np.int64]
    own: CountArray = field(init=False)
    others: CountArray = field(init=False)
    distinct: int = 0
    passed: int = 0

    def __post_init__(self) -> None:
        self.own, self.others = np.empty((2, self.size + 1), self.kind)

    def add(self, start: int, is_member: BoolArray, is_first: BoolArray) -> None:
        """Pass the block whose first rank is `start`."""
        ranks, members = np.flatnonzero(is_member & is_first), int(np.count_nonzero(is_member))
        if ranks.size == members:
            own = np.arange(self.passed, self.passed + members, dtype=self.kind)
        else:
            own = np.searchsorted(np.flatnonzero(is_member), ranks) + self.passed
        ranks += start
        end = self.distinct + ranks.size
        self.own[self.distinct : end] = own
        np.subtract(ranks, own, out=self.others[self.distinct : end], casting="same_kind")
        self.distinct, self.passed = end, self.passed + members

    def steps_up(self, n_others: int) -> Steps:
        """Steps whose positives lie at or below the threshold; the arrays are handed over."""
        self.own[self.distinct] = self.size
        return Steps(self.own[1 : self.distinct + 1], self.others[: self.distinct], n_others)

    def steps_down(self, n_others: int) -> Steps:
        """Steps whose positives lie at or above the threshold; the arrays are handed over."""
        own, others = self.own[: self.distinct][::-1], self.others[: self.distinct][::-1]
        return Steps(np.subtract(self.size, own, out=own), np.subtract(n_others, others, out=others), n_others)
