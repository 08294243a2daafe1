"""Whether the figures of two runs in one slot differ beyond chance, and what chance is there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from statistics import fmean

import numpy as np

from bench.metrics.inputs import FloatArray
from bench.running.estimates import Estimates
from bench.statistics import (
    METRICS,
    Difference,
    Placements,
    Spread,
    bootstrap_test,
    compare_over_seeds,
    delong_test,
    difference_of,
    refined_by_swaps,
    unpaired_delong_test,
)

from .slots import Match, Side, Slot

UNCHANGED, UNDEFINED, UNDECIDED = "unchanged", "undefined", "undecided"

SAME_NETWORK = "the same network and images: other images could give another difference"
SAME_NETWORKS = "the same networks and images: other seeds and images could give another difference"
OTHER_IMAGES = "the same networks, other images: further images could give another difference"
OTHER_NETWORKS = "other networks, several seeds each: trained anew, either run could come out otherwise"
SINGLE_NETWORKS = (
    "other networks, and not several seeds on both sides: how much comes of the training is not known; run both with "
    "--seeds"
)
NO_SCORES = "the scores are gone"


@dataclass(frozen=True)
class Change:
    """A metric in a slot: `first` and `second` are means over seeds, of which there are `seeds`; None is undefined.

    `basis` says what the difference was held against; `difference` is None where nothing could be tested. `verdict` is
    real, not significant, unchanged, undecided or undefined; `p_corrected` that of Holm over all that were tested.
    """

    slot: Slot
    metric: str
    first: float | None
    second: float | None
    seeds: tuple[int, int]
    difference: Difference | None
    basis: str
    verdict: str
    p_corrected: float | None = None

    @property
    def delta(self) -> float | None:
        """The second figure minus the first."""
        return None if self.first is None or self.second is None else self.second - self.first


class Tester:
    """Tests matched slots with the scores of both runs."""

    def __init__(self, first: Estimates, second: Estimates) -> None:
        self.estimates = (first, second)

    def prepare(self, matches: Iterable[Match]) -> None:
        """Compute what the tests need, all at once."""
        found = list(matches)
        self.estimates[0].prepare([key for one in found for key in one.first.keys])
        self.estimates[1].prepare([key for one in found for key in one.second.keys])

    def change(self, one: Match, metric: str) -> Change:
        """What became of a metric in a slot; p-values are not corrected yet, and their verdict is left open."""
        sides = (one.first, one.second)
        figures = [[figure for figure in side.figures(metric) if figure is not None] for side in sides]
        seeds = (len(one.first.records), len(one.second.records))
        if any(len(found) < count for found, count in zip(figures, seeds, strict=True)):
            means = [fmean(found) if len(found) == count else None for found, count in zip(figures, seeds, strict=True)]
            return Change(one.slot, metric, means[0], means[1], seeds, None, "undefined for some scores", UNDEFINED)
        first, second = (fmean(found) for found in figures)
        difference, basis, verdict = self._test(one, metric, figures)
        return Change(one.slot, metric, first, second, seeds, difference, basis, verdict)

    def _test(self, one: Match, metric: str, figures: list[list[float]]) -> tuple[Difference | None, str, str]:
        same_images = one.first.images == one.second.images and len(one.first.images) == 1
        if one.first.networks == one.second.networks:
            basis = OTHER_IMAGES if not same_images else SAME_NETWORK if len(figures[0]) == 1 else SAME_NETWORKS
            if same_images and figures[0] == figures[1]:
                return None, basis, UNCHANGED
            difference = self._on_same_networks(one, metric, figures, same_images=same_images)
        else:
            basis = OTHER_NETWORKS
            if min(map(len, figures)) < 2:
                return None, SINGLE_NETWORKS, UNDECIDED
            difference = self._over_seeds(one, metric, figures, same_images=same_images)
        return (None, NO_SCORES, UNDECIDED) if difference is None else (difference, basis, "")

    def _on_same_networks(
        self, one: Match, metric: str, figures: list[list[float]], *, same_images: bool
    ) -> Difference | None:
        replicates = self._replicates(one, metric)
        if replicates is None:
            return None
        if len(figures[0]) > 1:
            deltas = [second - first for first, second in zip(*figures, strict=True)]
            spread = Spread.of(deltas, replicates[1] - replicates[0])
            if not same_images:
                spread = replace(spread, of_images=_of_other_images(figures, replicates))
            return difference_of(spread.mean, spread.of_seeds + spread.of_images, freedom=spread.freedom)
        if metric == "auroc":
            test = delong_test if same_images else unpaired_delong_test
            return test(self._placements(0, one.first), self._placements(1, one.second))
        samples = [replicates[0][0], replicates[1][0]]
        found = bootstrap_test(figures[0][0], figures[1][0], samples, paired=same_images)
        return refined_by_swaps(metric, found, lambda: self._scores(one)) if same_images else found

    def _over_seeds(
        self, one: Match, metric: str, figures: list[list[float]], *, same_images: bool
    ) -> Difference | None:
        replicates = self._replicates(one, metric)
        if replicates is None:
            return None
        spreads = [Spread.of(found, values) for found, values in zip(figures, replicates, strict=True)]
        if same_images:
            together = replicates[1].mean(axis=0) - replicates[0].mean(axis=0)
            of_images = float(together.var(ddof=1))
        else:
            of_images = _of_other_images(figures, replicates)
        return compare_over_seeds(spreads[0], spreads[1], of_images)

    def _replicates(self, one: Match, metric: str) -> list[FloatArray] | None:
        """The metric's values `(seeds, r)` in resamples, of both sides; None where scores are gone or one is NaN."""
        column = METRICS.index(metric)
        found = []
        for estimates, side in zip(self.estimates, (one.first, one.second), strict=True):
            each = [estimates.find(key) for key in side.keys]
            if any(one is None for one in each):
                return None
            found.append(np.stack([one.replicates[:, column] for one in each if one is not None]))
        return None if any(np.isnan(values).any() for values in found) else found

    def _scores(self, one: Match) -> list[tuple[FloatArray, FloatArray]]:
        """The ID and OOD scores of both sides, of one seed each."""
        found = [e.store.scores(side.keys[0]) for e, side in zip(self.estimates, (one.first, one.second), strict=True)]
        return [(scores.id_scores, scores.ood_scores) for scores in found]

    def _placements(self, which: int, side: Side) -> Placements:
        scores = self.estimates[which].store.scores(side.keys[0])
        return Placements.of(scores.id_scores, scores.ood_scores)


def _of_other_images(figures: list[list[float]], replicates: list[FloatArray]) -> float:
    """The variance that images bring to a difference of means that were measured on images of their own."""
    return sum(Spread.of(found, values).of_images for found, values in zip(figures, replicates, strict=True))
