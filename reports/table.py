"""A comparison table before it is typeset: what stands in each cell, what is marked, and the notes below."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, replace

from .about import about, accuracy, seeds_differ
from .best import best_places
from .blocks import Block, Entry, Section
from .columns import AUROC, Column
from .evidence import Evidence, median_doubt
from .group_means import GroupMean, alike, means_of_group
from .notes import (
    Notes,
    network_notes,
    parameter_note,
    section_note,
    suite_note,
    trivial_note,
    undefined_note,
    untested_note,
    warning_notes,
)
from .summary import DASH, Summary, decimals_for, images, percent, summarise


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
    """The lines of one OOD set of `n_ood` images, or of means over several sets, whose images are not counted.

    `suite_group` is that of the set or sets in a suite, or empty; `not_run` says why a set has no lines.
    """

    ood: Name
    n_ood: int | None
    lines: tuple[Line, ...]
    suite_group: str = ""
    not_run: str = ""

    @property
    def before(self) -> str:
        """What stands before the name where groups have no column: the suite's group."""
        return f"{self.suite_group}:" if self.suite_group else ""

    @property
    def after(self) -> str:
        """What stands after the name where numbers have no column: how many images there are, or why no lines."""
        count = "" if self.n_ood is None else f"({images(self.n_ood)})"
        return f"– not run: {self.not_run}" if self.not_run else count


@dataclass(frozen=True)
class Table:
    """The groups of one block. `about` says on what all of it was measured; `notes` are numbered from 1.

    `tested` says whether what is marked was found by tests, or is the largest figure alone.
    """

    id: Name
    about: str
    accuracy: str
    columns: tuple[Column, ...]
    groups: tuple[Group, ...]
    seeds_differ: bool
    notes: tuple[str, ...]
    tested: bool = False

    @property
    def has_suite(self) -> bool:
        """Whether some of its sets are in a group of a suite."""
        return any(group.suite_group for group in self.groups)


def make_table(block: Block, columns: Sequence[Column]) -> Table:
    """The table of a block with the given metrics; with a suite also what it lacks and the means over its groups."""
    notes = Notes()
    id_note = f"{block.id}: {block.id_note}" if block.id_note else ""
    id_marks = notes.marks(id_note, *network_notes(block), suite_note(block))
    groups = tuple(_groups(block, columns, notes))
    return Table(
        id=Name(block.id, id_marks),
        about=about(block),
        accuracy=accuracy(block),
        columns=tuple(columns),
        groups=groups,
        seeds_differ=seeds_differ(block),
        notes=notes.texts,
        tested=block.evidence is not None,
    )


def make_further_table(block: Block, columns: Sequence[Column]) -> Table:
    """A table of further metrics to stand after the block's main table, whose accuracy and suite it does not repeat."""
    silent = None if block.suite is None else replace(block.suite, notes=(), images={}, title="")
    return replace(make_table(replace(block, suite=silent), columns), accuracy="")


def _groups(block: Block, columns: Sequence[Column], notes: Notes) -> Iterator[Group]:
    """The sets of the suite's groups, each group with its missing sets and its means; then what no group has."""
    groups, absent = (block.suite.groups, block.suite.absent) if block.suite else ({}, {})
    in_suite = {ood for sets in groups.values() for ood in sets}
    for name, sets in groups.items():
        here = [section for section in block.sections if section.ood in sets]
        for section in here:
            yield replace(_group(block, section, columns, notes), suite_group=name)
        missing = [one for one in sets if one in absent and one not in {section.ood for section in here}]
        yield from (Group(Name(one), None, (), name, absent[one]) for one in missing)
        if len(sets) > 1:
            yield from (_mean_group(means, columns) for means in alike(means_of_group(block, name)))
    yield from (_group(block, section, columns, notes) for section in block.sections if section.ood not in in_suite)


def _mean_group(means: Sequence[GroupMean], columns: Sequence[Column]) -> Group:
    by_column = []
    for column in columns:
        summaries = [mean.of(column.metric) for mean in means]
        compare_as = [mean.entries[0].compares_as for mean in means]
        by_column.append(figure_cells(summaries, compare_as, higher_is_better=column.higher_is_better))
    lines = [
        Line(Name(mean.label), _seed_count(mean.entries[0]), cells)
        for mean, cells in zip(means, zip(*by_column, strict=True), strict=True)
    ]
    return Group(Name(means[0].words), None, tuple(lines), means[0].group)


def _group(block: Block, section: Section, columns: Sequence[Column], notes: Notes) -> Group:
    ood = Name(section.ood, notes.marks(section_note(section)))
    names = [_name(block, section, entry, notes) for entry in section.entries]
    by_column = [
        with_trivial_marks(cells, section.entries, block, notes) if column is AUROC else cells
        for column in columns
        for cells in [_column_cells(section.entries, column, notes, block.evidence)]
    ]
    lines = zip(names, section.entries, zip(*by_column, strict=True), strict=True)
    return Group(ood, section.n_ood, tuple(Line(name, _seed_count(entry), cells) for name, entry, cells in lines))


def _seed_count(entry: Entry) -> str:
    return str(sum(seed is not None for seed in entry.seeds) or DASH)


def _name(block: Block, section: Section, entry: Entry, notes: Notes) -> Name:
    texts = parameter_note(block, entry.label), *warning_notes(section, entry), untested_note(block, section, entry)
    return Name(entry.label, notes.marks(*texts))


def _column_cells(entries: Sequence[Entry], column: Column, notes: Notes, evidence: Evidence | None) -> list[Cell]:
    summaries = [summarise([row.metrics[column.metric] for row in entry.rows]) for entry in entries]
    cells = figure_cells(
        summaries,
        [entry.compares_as for entry in entries],
        higher_is_better=column.higher_is_better,
        doubt=median_doubt(entries, column.metric),
        group=None if evidence is None else evidence.group(entries, column),
    )
    return [
        cell if summary else replace(cell, marks=notes.marks(undefined_note(entry, column.metric)))
        for cell, summary, entry in zip(cells, summaries, entries, strict=True)
    ]


def with_trivial_marks(cells: list[Cell], entries: Sequence[Entry | None], block: Block, notes: Notes) -> list[Cell]:
    """The cells of AUROCs, with a mark where one is not significantly above the best trivial baseline."""
    weak = set() if block.evidence is None else block.evidence.not_above_trivial(entries)
    return [
        replace(cell, marks=(*cell.marks, *notes.marks(trivial_note(block)))) if place in weak else cell
        for place, cell in enumerate(cells)
    ]


def figure_cells(
    summaries: Sequence[Summary | None],
    compare_as: Sequence[Hashable | None],
    *,
    higher_is_better: bool,
    doubt: float | None = None,
    group: set[int] | None = None,
) -> list[Cell]:
    """The cells of a column of fractions, the best of those that compare marked; a dash for None.

    `doubt` is half the width of the figures' intervals, which digits follow; `group` are further places to mark,
    which are not significantly worse than the best.
    """
    means = [summary.mean for summary in summaries if summary]
    decimals = decimals_for(means, higher_is_better=higher_is_better, doubt=doubt) if means else 1
    texts = [None if summary is None else percent(summary.mean, decimals) for summary in summaries]
    printed = [None if text is None else float(text) for text in texts]
    best = best_places(printed, compare_as, higher_is_better=higher_is_better) | (group or set())
    return [
        Cell(text, percent(summary.sd, decimals) if summary.sd is not None else "", place in best)
        if summary and text
        else Cell(DASH)
        for place, (summary, text) in enumerate(zip(summaries, texts, strict=True))
    ]
