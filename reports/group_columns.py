"""The columns of an overview that hold the means over the groups of a suite."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import replace

from .blocks import Block
from .columns import AUROC, FPR, fpr_reading
from .group_means import GroupMean, means_of_group
from .notes import Notes
from .table import Cell, Name, figure_cells


def group_columns(block: Block, labels: list[str], notes: Notes) -> Iterator[tuple[Name, list[Cell]]]:
    """For AUROC, then for the suite's reading of FPR@95, a column for each group: its title, and a cell for each label.

    A mean over some sets of a group alone is marked with a note, and compared only with those over the same sets.
    There is no column without a suite, nor for a group without means.
    """
    groups = block.suite.groups if block.suite else {}
    by_group = {group: {one.label: one for one in means_of_group(block, group)} for group in groups}
    for column, title in ((AUROC, AUROC.heading), (fpr_reading(block.suite), FPR.heading)):
        for group, means in by_group.items():
            if not means:
                continue
            found = [means.get(label) for label in labels]
            summaries = [mean.of(column.metric) if mean else None for mean in found]
            cells = figure_cells(summaries, _compare_as(found), higher_is_better=column.higher_is_better)
            marks = [notes.marks("" if mean is None or mean.is_whole else f"{group}: {mean.words}") for mean in found]
            yield Name(f"{group} {title}"), [replace(cell, marks=mark) for cell, mark in zip(cells, marks, strict=True)]


def _compare_as(means: Sequence[GroupMean | None]) -> list[Hashable | None]:
    """What each mean compares as: the same only where the sets are the same too."""
    sets = {mean.sets for mean in means if mean}
    own = [mean.entries[0].compares_as if mean else None for mean in means]
    return own if len(sets) < 2 else [(mean.sets, one) if mean else None for mean, one in zip(means, own, strict=True)]
