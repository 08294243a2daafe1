"""A comparison table before it is typeset: what stands in each cell, what is marked, and the notes below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .blocks import Block, Entry, Section
from .columns import Column
from .notes import Notes, parameter_note, section_note, undefined_note, warning_notes
from .summary import Summary, decimals_for, images, percent, summarise

DASH = "–"
MOST_NAMED = 6


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
    """One method on one OOD set."""

    method: Name
    n_seeds: int
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
        about=_about(block),
        accuracy=_accuracy(block),
        columns=tuple(columns),
        groups=groups,
        seeds_differ=_seeds_differ(block),
        notes=notes.texts,
    )


def make_further_table(block: Block, columns: Sequence[Column]) -> Table:
    """A table of further metrics to stand after the block's main table, whose notes on names it does not repeat."""
    notes = Notes()
    groups = tuple(_plain_group(section, columns, notes) for section in block.sections)
    return Table(Name(block.id), _about(block), "", tuple(columns), groups, _seeds_differ(block), notes.texts)


def _group(block: Block, section: Section, columns: Sequence[Column], notes: Notes) -> Group:
    ood = Name(section.ood, notes.marks(section_note(section)))
    names = [_name(block, section, entry, notes) for entry in section.entries]
    return Group(ood, section.n_ood, _lines(names, section, columns, notes))


def _plain_group(section: Section, columns: Sequence[Column], notes: Notes) -> Group:
    names = [Name(entry.label) for entry in section.entries]
    return Group(Name(section.ood), section.n_ood, _lines(names, section, columns, notes))


def _lines(names: Sequence[Name], section: Section, columns: Sequence[Column], notes: Notes) -> tuple[Line, ...]:
    by_column = [_column_cells(section.entries, column, notes) for column in columns]
    lines = zip(names, section.entries, zip(*by_column, strict=True), strict=True)
    return tuple(Line(name, len(entry.rows), cells) for name, entry, cells in lines)


def _name(block: Block, section: Section, entry: Entry, notes: Notes) -> Name:
    return Name(entry.label, notes.marks(parameter_note(block, entry.label), *warning_notes(section, entry)))


def _column_cells(entries: Sequence[Entry], column: Column, notes: Notes) -> list[Cell]:
    summaries = [summarise([row.metrics[column.metric] for row in entry.rows]) for entry in entries]
    means = [summary.mean for summary in summaries if summary]
    decimals = decimals_for(means, higher_is_better=column.higher_is_better) if means else 1
    best = _best(entries, summaries, decimals, higher_is_better=column.higher_is_better)
    return [
        Cell(
            percent(summary.mean, decimals),
            "" if summary.sd is None else percent(summary.sd, decimals),
            place in best,
        )
        if summary
        else Cell(DASH, marks=notes.marks(undefined_note(entry, column.metric)))
        for place, (entry, summary) in enumerate(zip(entries, summaries, strict=True))
    ]


def _best(
    entries: Sequence[Entry], summaries: Sequence[Summary | None], decimals: int, *, higher_is_better: bool
) -> set[int]:
    """The places of the best figures; only entries with equal seeds are compared, and what prints alike is alike."""
    best = set()
    for seeds in {entry.seeds for entry in entries}:
        printed = {
            place: float(percent(summary.mean, decimals))
            for place, (entry, summary) in enumerate(zip(entries, summaries, strict=True))
            if summary and entry.seeds == seeds
        }
        if len(printed) > 1:
            winner = (max if higher_is_better else min)(printed.values())
            best |= {place for place, figure in printed.items() if figure == winner}
    return best


def _seeds_differ(block: Block) -> bool:
    return len({entry.seeds for entry in block.entries}) > 1


def _about(block: Block) -> str:
    parts = [images(block.n_id), f"network {block.network}", f"protocol {block.protocol}"]
    return ", ".join(parts + ([] if _seeds_differ(block) else _seed_words(block.seeds)))


def _seed_words(seeds: Sequence[int | None]) -> list[str]:
    known = [str(seed) for seed in seeds if seed is not None]
    if len(known) < 2:
        return [f"seed {seed}" for seed in known]
    return [f"mean ± sd over {len(known)} seeds ({', '.join(known)})"]


def _accuracy(block: Block) -> str:
    """The ID accuracy of each network, named by its objective and the methods that use it."""
    users: dict[tuple[str, str], list[str]] = {}
    for label in block.labels:
        rows = {(row.seed, row.weights): row for entry in block.entries if entry.label == label for row in entry.rows}
        summary = summarise([row.id_accuracy for row in rows.values()])
        objective = "/".join(dict.fromkeys(row.objective for row in rows.values()))
        users.setdefault((_accuracy_text(summary), objective), []).append(label)
    parts = []
    for (figure, objective), labels in users.items():
        methods = ", ".join(labels) if len(labels) <= MOST_NAMED else f"{len(labels)} methods"
        trained = f" trained with {objective}" if objective else ""
        parts.append(figure + trained + (f" ({methods})" if len(users) > 1 else ""))
    return f"ID accuracy: {'; '.join(parts)}"


def _accuracy_text(summary: Summary | None) -> str:
    if summary is None:
        return DASH
    spread = "" if summary.sd is None else f" ± {percent(summary.sd, 2)}"
    return f"{percent(summary.mean, 2)}{spread} %"
