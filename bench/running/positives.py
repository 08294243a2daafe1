"""What counts as in-distribution in one pair's test: the ID test images and, where there are some, shifted sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from bench.extraction.took import Took
from bench.method_contract import Method

from .cost import Cost
from .scoring import Scored

Correct = NDArray[np.bool_] | None
"""Which images `(N,)` the network classified rightly; None where that is not known."""


class Positives:
    """The scores of `methods` on one set after another, pooled in that order."""

    def __init__(self, methods: Sequence[Method]) -> None:
        self._scored: dict[Method, list[Scored]] = {method: [] for method in methods}
        self._correct: dict[str, Correct] = {}

    @property
    def methods(self) -> list[Method]:
        """Those that have scored every set so far."""
        return list(self._scored)

    def add(self, name: str, scored: Mapping[Method, Scored], correct: Correct) -> None:
        """Add the set called `name`; methods that did not score it are left out from then on."""
        self._scored = {method: [*self._scored[method], one] for method, one in scored.items()}
        self._correct[name] = correct

    def of(self, method: Method) -> Scored:
        """The scores of all sets, and what they cost together."""
        each = self._scored[method]
        if len(each) == 1:
            return each[0]
        scores = np.concatenate([one.scores for one in each])
        cost, passes = sum((one.cost for one in each), start=Cost()), sum((one.passes for one in each), start=Took())
        return Scored(scores, cost, passes)

    @property
    def correct(self) -> Correct:
        """Which of all images were classified rightly; None where that is not known of one of the sets."""
        each = list(self._correct.values())
        known = [one for one in each if one is not None]
        return np.concatenate(known) if len(known) == len(each) else None

    @property
    def accuracies(self) -> dict[str, float | None]:
        """The accuracy on each set, by its name."""
        return {name: None if one is None else float(one.mean()) for name, one in self._correct.items()}
