"""The overview of a block: a line for each method, with its AUROC on every OOD set and the means, the best first."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from enum import Enum

from .about import about
from .blocks import Block, Section
from .notes import Notes, section_note
from .ranking import mean_over_sets, ranking
from .sheet import Sheet, SheetLine
from .summary import Summary, images, summarise
from .table import Cell, Name, figure_cells

MOST_LISTED = 8
"""Tables of more methods than these are too long to take in at a glance."""

FEWEST_SETS = 3
"""From this many OOD sets on the means say something that the table does not."""

LEGEND = (
    "In percent: the AUROC on each OOD set, its mean over the sets, and the mean FPR@95; the highest mean AUROC first. "
    "–: no result, or undefined, and then no mean."
)


class SetTitles(Enum):
    """How the columns of the OOD sets are headed: by name, by number with a key, or not at all, without the columns."""

    NAMES = "names"
    NUMBERS = "numbers"
    NONE = "none"


def needs_overview(block: Block) -> bool:
    """Whether there are so many OOD sets or methods that the comparison table alone does not show who is ahead."""
    return len(block.sections) >= FEWEST_SETS or len(block.labels) > MOST_LISTED


def make_overview(block: Block, titles: SetTitles = SetTitles.NAMES) -> Sheet:
    """The overview of a block; with one OOD set its means are the figures of that set."""
    labels = ranking(block)
    sections = () if titles is SetTitles.NONE or len(block.sections) == 1 else block.sections
    notes = Notes()
    numbered = titles is SetTitles.NUMBERS
    names = [_heading(section, block, notes, number if numbered else 0) for number, section in enumerate(sections, 1)]
    columns = [_set_column(section, labels) for section in sections]
    columns += [
        _mean_column(block, labels, "auroc", higher_is_better=True),
        _mean_column(block, labels, "fpr_at_95_tpr", higher_is_better=False),
    ]
    mean = "Mean " if len(block.sections) > 1 else ""
    where = f", OOD set {block.sections[0].ood}" if len(block.sections) == 1 else f", {len(block.sections)} OOD sets"
    return Sheet(
        id=block.id,
        about=about(block) + where,
        titles=(*names, Name(f"{mean}AUROC ↑"), Name(f"{mean}FPR@95 ↓")),
        lines=tuple(
            SheetLine(Name(label), cells) for label, cells in zip(labels, zip(*columns, strict=True), strict=True)
        ),
        key=", ".join(f"S{number} {section.ood}" for number, section in enumerate(sections, 1)) if numbered else "",
        legend=LEGEND,
        notes=notes.texts,
    )


def first_that_fits(block: Block, fits: Callable[[Sheet], bool]) -> Sheet:
    """The overview with the fullest titles with which it fits, or else the narrowest."""
    sheets = [make_overview(block, titles) for titles in SetTitles]
    return next((sheet for sheet in sheets if fits(sheet)), sheets[-1])


def _heading(section: Section, block: Block, notes: Notes, number: int) -> Name:
    """The name or number of an OOD set, with a note where another column has the same name."""
    alike = [other for other in block.sections if other.ood == section.ood]
    note = "; ".join(word for word in (section_note(section), images(section.n_ood)) if word) if alike[1:] else ""
    return Name(f"S{number}" if number else section.ood, notes.marks(note))


def _set_column(section: Section, labels: list[str]) -> list[Cell]:
    entries = {entry.label: entry for entry in section.entries}
    summaries: list[Summary | None] = []
    compare_as: list[Hashable | None] = []
    for entry in map(entries.get, labels):
        summaries.append(None if entry is None else summarise([row.metrics["auroc"] for row in entry.rows]))
        compare_as.append(None if entry is None else entry.compares_as)
    return [Cell(cell.mean, best=cell.best) for cell in figure_cells(summaries, compare_as, higher_is_better=True)]


def _mean_column(block: Block, labels: list[str], metric: str, *, higher_is_better: bool) -> list[Cell]:
    summaries = [mean_over_sets(block, label, metric) for label in labels]
    compare_as = [_compares_as(block, label) for label in labels]
    return figure_cells(summaries, compare_as, higher_is_better=higher_is_better)


def _compares_as(block: Block, label: str) -> Hashable | None:
    entries = block.entries_of(label)
    return tuple(entry.seeds for entry in entries) if entries[0].has_network else None
