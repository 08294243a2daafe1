"""The methods of a block by their mean AUROC over its OOD sets, and those that a figure has room for."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from .blocks import Block, Entry
from .result_row import grouped
from .summary import Summary, summarise

MOST_SHOWN = 8
"""More methods than these are not told apart in one panel."""

REFERENCE = "msp"
"""The baseline of the field, which is shown beside the best."""


@dataclass(frozen=True)
class Choice:
    """The methods that figures show, in the order of the block, and the others, the best first.

    `reference` is the one that is shown though it is not among the best, or empty.
    """

    labels: tuple[str, ...]
    others: tuple[str, ...] = ()
    reference: str = ""


def mean_over_sets(block: Block, label: str, metric: str) -> Summary | None:
    """The mean over the OOD sets for each seed, averaged over seeds; None unless defined for every set and seed."""
    entries = block.entries_of(label)
    return None if len(entries) < len(block.sections) else mean_of_entries(entries, metric)


def mean_of_entries(entries: Sequence[Entry], metric: str) -> Summary | None:
    """The mean over one method's OOD sets for each seed, averaged over seeds; None unless defined for all of them.

    Without a spread where the sets do not have the same seeds.
    """
    summaries = [summarise([row.metrics[metric] for row in entry.rows]) for entry in entries]
    means = [summary.mean for summary in summaries if summary]
    if len(means) < len(entries):
        return None
    if len({entry.seeds for entry in entries}) > 1:
        return Summary(statistics.fmean(means), None)
    by_seed = grouped((row for entry in entries for row in entry.rows), lambda row: row.seed).values()
    return summarise(
        [statistics.fmean(value for row in rows if (value := row.metrics[metric]) is not None) for rows in by_seed]
    )


def ranking(block: Block) -> list[str]:
    """The labels of a block, the highest mean AUROC first; those that lack sets come last, equal ones stay in order."""
    return sorted(block.labels, key=lambda label: _rank(block, label))


def choice_of(block: Block) -> Choice:
    """All methods where a panel can show them; else those with the best mean AUROC, and the reference."""
    ranked = ranking(block)
    if len(ranked) <= MOST_SHOWN:
        return Choice(tuple(block.labels))
    best = ranked[:MOST_SHOWN]
    references = [label for label in ranked if block.entries_of(label)[0].rows[0].method == REFERENCE][:1]
    chosen = {*best, *references}
    return Choice(
        labels=tuple(label for label in block.labels if label in chosen),
        others=tuple(label for label in ranked if label not in chosen),
        reference="".join(label for label in references if label not in best),
    )


def _rank(block: Block, label: str) -> tuple[int, float]:
    """Rising with the number of sets that lack an AUROC, then falling with the mean over the others."""
    means = [
        summary.mean
        for entry in block.entries_of(label)
        if (summary := summarise([row.metrics["auroc"] for row in entry.rows]))
    ]
    return -len(means), -statistics.fmean(means) if means else 0.0
