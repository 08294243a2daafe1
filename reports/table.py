"""A comparison table before it is typeset: what stands in each cell, what is marked, and the notes below."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace

from .about import about, accuracy, seeds_differ
from .best import best_places
from .blocks import Block, Entry, Section
from .columns import Column
from .notes import Notes, parameter_note, section_note, undefined_note, warning_notes
from .summary import DASH, Summary, decimals_for, percent, summarise


@dataclass(frozen=True)
class Cell:
    """A figure as printed: percent, its spread over seeds or empty, whether it is the best, numbers of its notes."""

    mean: str
    sd: str = ""
    best: bool = False
    marks: tuple[int, ...] = ()

    @property
    def text(self) -> str:
        """The mean and, where there are several seeds, the spread."""
        return f"{self.mean} ± {self.sd}" if self.sd else self.mean


@dataclass(frozen=True)
class Name:
    """A name and the numbers of its notes."""

    text: str
    marks: tuple[int, ...] = ()


@dataclass(frozen=True)
class Line:
    """One method on one OOD set; `seeds` is the number of its seeds as printed."""

    method: Name
    seeds: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Group:
    """The lines of one OOD set of `n_ood` images."""

    ood: Name
    n_ood: int
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Table:
    """The groups of one block. `about` says on what all of it was measured; `notes` are numbered from 1."""

    id: Name
    about: str
    accuracy: str
    columns: tuple[Column, ...]
    groups: tuple[Group, ...]
    seeds_differ: bool
    notes: tuple[str, ...]


def make_table(block: Block, columns: Sequence[Column]) -> Table:
    """The table of a block with the given metrics."""
    notes = Notes()
    id_marks = notes.marks(f"{block.id}: {block.id_note}" if block.id_note else "")
    groups = tuple(_group(block, section, columns, notes) for section in block.sections)
    return Table(
        id=Name(block.id, id_marks),
        about=about(block),
        accuracy=accuracy(block),
        columns=tuple(columns),
        groups=groups,
        seeds_differ=seeds_differ(block),
        notes=notes.texts,
    )


def make_further_table(block: Block, columns: Sequence[Column]) -> Table:
    """A table of further metrics to stand after the block's main table, whose accuracy it does not repeat."""
    return replace(make_table(block, columns), accuracy="")


def _group(block: Block, section: Section, columns: Sequence[Column], notes: Notes) -> Group:
    ood = Name(section.ood, notes.marks(section_note(section)))
    names = [_name(block, section, entry, notes) for entry in section.entries]
    by_column = [_column_cells(section.entries, column, notes) for column in columns]
    lines = zip(names, section.entries, zip(*by_column, strict=True), strict=True)
    return Group(ood, section.n_ood, tuple(Line(name, _seed_count(entry), cells) for name, entry, cells in lines))


def _seed_count(entry: Entry) -> str:
    return str(sum(seed is not None for seed in entry.seeds) or DASH)


def _name(block: Block, section: Section, entry: Entry, notes: Notes) -> Name:
    return Name(entry.label, notes.marks(parameter_note(block, entry.label), *warning_notes(section, entry)))


def _column_cells(entries: Sequence[Entry], column: Column, notes: Notes) -> list[Cell]:
    summaries = [summarise([row.metrics[column.metric] for row in entry.rows]) for entry in entries]
    cells = figure_cells(summaries, [entry.compares_as for entry in entries], higher_is_better=column.higher_is_better)
    return [
        cell if summary else replace(cell, marks=notes.marks(undefined_note(entry, column.metric)))
        for cell, summary, entry in zip(cells, summaries, entries, strict=True)
    ]


def figure_cells(
    summaries: Sequence[Summary | None], compare_as: Sequence[Hashable | None], *, higher_is_better: bool
) -> list[Cell]:
    """The cells of a column of fractions, the best of those that compare marked; a dash for None."""
    means = [summary.mean for summary in summaries if summary]
    decimals = decimals_for(means, higher_is_better=higher_is_better) if means else 1
    texts = [None if summary is None else percent(summary.mean, decimals) for summary in summaries]
    printed = [None if text is None else float(text) for text in texts]
    best = best_places(printed, compare_as, higher_is_better=higher_is_better)
    return [
        Cell(text, percent(summary.sd, decimals) if summary.sd is not None else "", place in best)
        if summary and text
        else Cell(DASH)
        for place, (summary, text) in enumerate(zip(summaries, texts, strict=True))
    ]
