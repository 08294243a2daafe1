"""The overview of a block: a line for each method, with its AUROC on every OOD set and the means, the best first."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import replace
from enum import Enum

from .about import about
from .blocks import Block, Section
from .columns import AUROC, FPR, Column, fpr_reading, meaning_of
from .evidence import median_doubt
from .group_columns import group_columns
from .notes import Notes, section_note, untested_note
from .ranking import mean_over_sets, ranking
from .sheet import Sheet, SheetLine
from .summary import Summary, images, summarise
from .table import Cell, Name, figure_cells, with_trivial_marks

MOST_LISTED = 8
"""Tables of more methods than these are too long to take in at a glance."""

FEWEST_SETS = 3
"""From this many OOD sets on the means say something that the table does not."""

MEAN_COLUMNS = (AUROC, FPR)

LEGEND = (
    "In percent: the AUROC on each OOD set, then the means of AUROC and FPR@95 over the sets; the highest AUROC first. "
    "–: no result, or undefined, and then no mean."
)

GROUP_LEGEND = (
    "In percent: the AUROC on each OOD set, then the means of AUROC and FPR@95 over the sets of each group; the "
    "highest AUROC over all sets first. –: no result, or undefined, and then no mean."
)


class Width(Enum):
    """The columns of an overview: with names and spreads; with numbered sets and no spreads; the means alone."""

    FULL = "full"
    NARROW = "narrow"
    MEANS = "means"


def needs_overview(block: Block) -> bool:
    """Whether there are so many OOD sets or methods that the comparison table alone does not show who is ahead."""
    return len(block.sections) >= FEWEST_SETS or len(block.labels) > MOST_LISTED


def make_overview(block: Block, width: Width = Width.FULL) -> Sheet:
    """The overview of a block; with one OOD set its means are the figures of that set."""
    labels = ranking(block)
    narrow = width is Width.NARROW
    sections = () if width is Width.MEANS or len(block.sections) == 1 else block.sections
    notes = Notes()
    names = [_heading(section, block, notes, number if narrow else 0) for number, section in enumerate(sections, 1)]
    of_groups = list(group_columns(block, labels, notes))
    means = of_groups or list(_mean_columns(block, labels, narrow))
    columns = [
        *(_set_column(section, labels, block, notes) for section in sections),
        *((_without_spread(cells) if narrow else cells) for _, cells in means),
    ]
    lines = [SheetLine(Name(label), cells) for label, cells in zip(labels, zip(*columns, strict=True), strict=True)]
    where = f"OOD set {block.sections[0].ood}" if len(block.sections) == 1 else f"{len(block.sections)} OOD sets"
    return Sheet(
        id=block.id,
        about=f"{about(block)}, {where}",
        titles=(*names, *(title for title, _ in means)),
        lines=tuple(lines),
        key=", ".join(f"S{number}={section.ood}" for number, section in enumerate(sections, 1)) if narrow else "",
        legend=f"{GROUP_LEGEND} {meaning_of(fpr_reading(block.suite))}" if of_groups else LEGEND,
        notes=notes.texts,
        tested=block.evidence is not None,
    )


def first_that_fits(block: Block, fits: Callable[[Sheet], bool]) -> Sheet:
    """The fullest overview that fits, or else the means alone."""
    sheets = [make_overview(block, width) for width in Width]
    return next((sheet for sheet in sheets if fits(sheet)), sheets[-1])


def _heading(section: Section, block: Block, notes: Notes, number: int) -> Name:
    """The name or number of an OOD set, with a note where another column has the same name."""
    alike = [other for other in block.sections if other.ood == section.ood]
    note = "; ".join(word for word in (section_note(section), images(section.n_ood)) if word) if alike[1:] else ""
    return Name(f"S{number}" if number else section.ood, notes.marks(note))


def _set_column(section: Section, labels: list[str], block: Block, notes: Notes) -> list[Cell]:
    entries = {entry.label: entry for entry in section.entries}
    summaries: list[Summary | None] = []
    compare_as: list[Hashable | None] = []
    for entry in map(entries.get, labels):
        summaries.append(None if entry is None else summarise([row.metrics["auroc"] for row in entry.rows]))
        compare_as.append(None if entry is None else entry.compares_as)
    found = [entries.get(label) for label in labels]
    group = None if block.evidence is None else block.evidence.group(found, AUROC)
    doubt = median_doubt(section.entries, "auroc")
    cells = [
        cell if entry is None else replace(cell, marks=notes.marks(untested_note(block, section, entry)))
        for cell, entry in zip(
            figure_cells(summaries, compare_as, higher_is_better=True, doubt=doubt, group=group), found, strict=True
        )
    ]
    return with_trivial_marks(_without_spread(cells), found, block, notes)


def _mean_columns(block: Block, labels: list[str], narrow: bool) -> Iterator[tuple[Name, list[Cell]]]:
    mean = "Mean " if len(block.sections) > 1 and not narrow else ""
    for column in MEAN_COLUMNS:
        yield Name(f"{mean}{column.heading}"), _mean_column(block, labels, column)


def _mean_column(block: Block, labels: list[str], column: Column) -> list[Cell]:
    summaries = [mean_over_sets(block, label, column.metric) for label in labels]
    compare_as = [_compares_as(block, label) for label in labels]
    return figure_cells(summaries, compare_as, higher_is_better=column.higher_is_better)


def _without_spread(cells: list[Cell]) -> list[Cell]:
    return [Cell(cell.mean, best=cell.best, marks=cell.marks) for cell in cells]


def _compares_as(block: Block, label: str) -> Hashable | None:
    entries = block.entries_of(label)
    return tuple(entry.seeds for entry in entries) if entries[0].has_network else None
