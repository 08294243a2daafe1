"""The comparison table once more, with 95 % intervals in the place of figures."""

from __future__ import annotations

from dataclasses import replace

from .blocks import Block, Entry
from .columns import AUROC, Column, fpr_reading
from .evidence import interval_of, median_doubt
from .notes import Notes, section_note
from .summary import DASH, decimals_for, percent
from .table import Cell, Group, Line, Name, Table, make_further_table

INTERVALS_LEGEND = (
    "In percent. Of one seed: where the figure of this network could lie on other images of the same kind. Of several: "
    "where the mean over seeds could lie with other seeds and images."
)


def has_intervals(block: Block) -> bool:
    """Whether some row has an interval."""
    ends = [end for entry in block.entries for row in entry.rows for end in row.intervals.values()]
    return any(end is not None for end in ends)


def make_interval_table(block: Block) -> Table:
    """The intervals of the AUROC and of the block's reading of FPR@95."""
    columns = (AUROC, fpr_reading(block.suite))
    notes = Notes()
    groups = [
        Group(
            Name(section.ood, notes.marks(section_note(section))),
            section.n_ood,
            tuple(_line(block, entry, columns) for entry in section.entries),
            block.suite.group_of(section.ood) if block.suite else "",
        )
        for section in block.sections
    ]
    return replace(make_further_table(block, columns), groups=tuple(groups), notes=notes.texts, id=Name(block.id))


def _line(block: Block, entry: Entry, columns: tuple[Column, ...]) -> Line:
    seeds = str(sum(seed is not None for seed in entry.seeds) or DASH)
    return Line(Name(entry.label), seeds, tuple(_cell(block, entry, column) for column in columns))


def _cell(block: Block, entry: Entry, column: Column) -> Cell:
    found = interval_of(block, entry, column.metric)
    if found is None:
        return Cell(DASH)
    doubt = median_doubt(block.entries, column.metric)
    decimals = decimals_for(found, higher_is_better=column.higher_is_better, doubt=doubt)
    return Cell("–".join(percent(end, decimals) for end in found))
