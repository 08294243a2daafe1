"""Which entries of a section may be as good as its best, and which are above what is trivial: tests on the same images.

The tests are those of `bench compare`: of one network each, DeLong's for AUROC, swaps for false-positive rates on few
images, and else the paired bootstrap; over several seeds, what seeds and images bring to the difference.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from bench.errors import BenchError
from bench.report import CellScores
from bench.statistics import (
    METRICS,
    Placements,
    Spread,
    best_group,
    bootstrap_test,
    delong_test,
    difference_of,
    hierarchical_interval,
    holm,
    refined_by_swaps,
)

from .blocks import Block, Entry
from .columns import AUROC, Column
from .result_row import ResultRow

Replicates = Callable[[str], NDArray[np.float64] | None]
"""Of a row's key the metrics of resamples of its images `(r, 7)`, in the order of `bench.statistics.METRICS`; the same
resamples for all rows on the same images; None where they are not known."""

Scores = NDArray[np.float64]

SIGNIFICANT = 0.05


def _unknown(_: str) -> None:
    return None


@dataclass(frozen=True)
class Evidence:
    """How sure figures are, and the differences between them. `scores` and `placements` take a row's key, and give what
    swaps and DeLong's test need, None where the scores are not known.
    """

    replicates: Replicates
    placements: Callable[[str], Placements | None] = _unknown
    scores: Callable[[str], CellScores | None] = _unknown

    def group(self, entries: Sequence[Entry | None], column: Column) -> set[int]:
        """The places of the entries that are the best of those that compare, or not significantly worse than it.

        Entries compare as `best_places` says: with the same seeds, and those without a network with all. Holm's
        correction is over all comparisons with the best of one kind of seeds. Nothing is the best without a rival.
        """
        figures = [_figure(entry, column.metric) for entry in entries]
        known = [place for place, figure in enumerate(figures) if figure is not None]
        kinds = {place: entry.compares_as for place in known if (entry := entries[place]) is not None}
        several = {kind for kind in kinds.values() if kind is not None} or {None}
        groups = []
        for kind in several:
            own = [place for place in known if kinds[place] in (kind, None)]
            rivals = sum(kinds[place] == kind for place in own) > 1 or len(several) == 1
            if len(own) > 1 and rivals:
                groups.append((kind, {own[place] for place in self._group([entries[place] for place in own], column)}))
        found = set().union(*(group for _, group in groups))
        # What compares with all must be in every group.
        return {place for place in found if kinds[place] is not None or all(place in group for _, group in groups)}

    def _group(self, entries: Sequence[Entry | None], column: Column) -> set[int]:
        members = [entry for entry in entries if entry is not None]
        figures = [figure for entry in members if (figure := _figure(entry, column.metric)) is not None]
        return best_group(
            figures,
            lambda best, other: self.p_value(column.metric, members[best], members[other]),
            higher_is_better=column.higher_is_better,
        )

    def best_trivial(self, entries: Sequence[Entry | None]) -> int | None:
        """The place of the entry with the highest AUROC of those without a network; None where there is none."""
        figures = {
            place: figure
            for place, entry in enumerate(entries)
            if entry is not None and not entry.has_network and (figure := _figure(entry, AUROC.metric)) is not None
        }
        return max(figures, key=lambda place: figures[place], default=None)

    def not_above_trivial(self, entries: Sequence[Entry | None]) -> set[int]:
        """The places of the entries with a network whose AUROC is not significantly above the best trivial baseline.

        Holm's correction is over all of them. Nothing is without such a baseline.
        """
        trivial = self.best_trivial(entries)
        baseline = None if trivial is None else entries[trivial]
        if baseline is None:
            return set()
        learned = {
            place: (figure, entry)
            for place, entry in enumerate(entries)
            if entry is not None and entry.has_network and (figure := _figure(entry, AUROC.metric)) is not None
        }
        corrected = holm([self.p_value(AUROC.metric, baseline, entry) for _, entry in learned.values()])
        least = _figure(baseline, AUROC.metric) or 0.0
        return {
            place
            for (place, (figure, _)), p_value in zip(learned.items(), corrected, strict=True)
            if figure <= least or p_value >= SIGNIFICANT
        }

    def p_value(self, metric: str, first: Entry, second: Entry) -> float:
        """How probable so large a difference is by chance; 0 where the resamples are not known, so that it counts."""
        pairs = _paired(first, second)
        if metric == AUROC.metric and len(pairs) == 1:
            placed = [found for row in pairs[0] if (found := self.placements(row.key)) is not None]
            if len(placed) == len(pairs[0]):
                return delong_test(*placed).p_value
        values = [[self._values(row.key, metric) for row in pair] for pair in pairs]
        if any(one is None for pair in values for one in pair):
            return 0.0
        together = np.array(values, np.float64)
        deltas = [float(b.metrics[metric] or 0) - float(a.metrics[metric] or 0) for a, b in pairs]
        if np.isnan(together).any():
            return 0.0
        if len(pairs) == 1:
            by_resamples = bootstrap_test(0.0, deltas[0], list(together[0]))
            test = refined_by_swaps(metric, by_resamples, lambda: self._scores(pairs[0]))
        else:
            spread = Spread.of(deltas, together[:, 1] - together[:, 0])
            test = difference_of(spread.mean, spread.of_seeds + spread.of_images, freedom=spread.freedom)
        return 0.0 if test is None else test.p_value

    def lacks(self, entry: Entry) -> bool:
        """Whether the scores of an entry are gone, so that neither its figures nor differences to it can be tested."""
        return any(self.replicates(row.key) is None and self.scores(row.key) is None for row in entry.rows)

    def interval_over_seeds(self, metric: str, entry: Entry) -> tuple[float, float] | None:
        """The 95 % interval of an entry of several seeds, over seeds and images; None where it is not known."""
        values = [self._values(row.key, metric) for row in entry.rows]
        figures = [figure for row in entry.rows if (figure := row.metrics[metric]) is not None]
        if len(figures) < len(values) or any(one is None or np.isnan(one).any() for one in values):
            return None
        found = hierarchical_interval(Spread.of(figures, np.array(values, np.float64)))
        return None if found is None else (found.low, found.high)

    def _scores(self, rows: Sequence[ResultRow]) -> list[tuple[Scores, Scores]] | None:
        found = [one for row in rows if (one := self.scores(row.key)) is not None]
        return [(one.id_scores, one.ood_scores) for one in found] if len(found) == len(rows) else None

    def _values(self, key: str, metric: str) -> NDArray[np.float64] | None:
        found = self.replicates(key)
        return None if found is None else found[:, METRICS.index(metric)]


def evidence_of(replicates: Replicates, scores: Callable[[str], CellScores] | None) -> Evidence:
    """The evidence in resamples and, where they are at hand, in scores."""

    @cache
    def known(key: str) -> CellScores | None:
        try:
            return None if scores is None else scores(key)
        except BenchError:  # gone or damaged; resamples that were kept still tell
            return None

    @cache
    def placements(key: str) -> Placements | None:
        found = known(key)
        return None if found is None else Placements.of(found.id_scores, found.ood_scores)

    return Evidence(replicates, placements, known)


def _figure(entry: Entry | None, metric: str) -> float | None:
    if entry is None:
        return None
    values = [row.metrics[metric] for row in entry.rows]
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if len(known) == len(values) else None


def _paired(first: Entry, second: Entry) -> list[tuple[ResultRow, ResultRow]]:
    """The rows seed by seed; the one row of an entry without a network stands with each seed."""
    count = max(len(first.rows), len(second.rows))
    sides = [entry.rows * count if len(entry.rows) == 1 else entry.rows for entry in (first, second)]
    return list(zip(*sides, strict=True))


def median_doubt(entries: Sequence[Entry], metric: str) -> float | None:
    """Half the median width of the intervals of all rows; None where there are none."""
    ends = [found for entry in entries for row in entry.rows if (found := row.intervals.get(metric)) is not None]
    return float(np.median([high - low for low, high in ends])) / 2 if ends else None


def interval_of(block: Block, entry: Entry, metric: str) -> tuple[float, float] | None:
    """The 95 % interval of a figure: of one seed for its network, of several over seeds and images; None if unknown."""
    if len(entry.rows) == 1:
        return entry.rows[0].intervals.get(metric)
    return None if block.evidence is None else block.evidence.interval_over_seeds(metric, entry)
