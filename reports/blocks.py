"""What may stand side by side: rows sorted into blocks, sections and entries.

A block is one ID test set, one network and one protocol. A section is one OOD set in it. Within a section all rows
were measured on the same images under the same protocol, so they may be compared. An entry is one method there, with
a row for each seed. Everything keeps the order in which the rows name it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .result_row import ResultRow, grouped, read_rows

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Entry:
    """A method as `label` calls it, which is unique in its section, and its rows, one for each seed, ascending."""

    label: str
    rows: tuple[ResultRow, ...]

    @property
    def seeds(self) -> tuple[int | None, ...]:
        """The seeds of the rows; None where the network has none."""
        return tuple(row.seed for row in self.rows)


@dataclass(frozen=True)
class Section:
    """The entries of one OOD set: the same images, tuned on the same images."""

    ood: str
    n_ood: int
    ood_note: str
    tuned_on: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Block:
    """The sections of one ID test set, one network and one protocol."""

    id: str
    n_id: int
    id_note: str
    network: str
    protocol: str
    sections: tuple[Section, ...]

    @property
    def entries(self) -> list[Entry]:
        """The entries of all sections."""
        return [entry for section in self.sections for entry in section.entries]

    @property
    def labels(self) -> list[str]:
        """What the methods are called, each once."""
        return list(dict.fromkeys(entry.label for entry in self.entries))

    @property
    def seeds(self) -> list[int | None]:
        """Every seed that some entry has, ascending; None first."""
        return sorted({seed for entry in self.entries for seed in entry.seeds}, key=_seed_order)

    def only_seed(self, seed: int | None) -> Block:
        """The block with the rows of one seed; sections without any are left out."""
        sections = []
        for section in self.sections:
            entries = [Entry(e.label, tuple(row for row in e.rows if row.seed == seed)) for e in section.entries]
            kept = tuple(entry for entry in entries if entry.rows)
            if kept:
                sections.append(Section(section.ood, section.n_ood, section.ood_note, section.tuned_on, kept))
        return Block(self.id, self.n_id, self.id_note, self.network, self.protocol, tuple(sections))


def blocks_of(frame: pd.DataFrame) -> list[Block]:
    """The blocks of a result table. Raises `BenchError` when it has no rows."""
    blocks = grouped(read_rows(frame), lambda row: (row.id, row.n_id, row.id_note, row.network, row.protocol))
    return [Block(*about, _sections(rows)) for about, rows in blocks.items()]


def varying(rows: Iterable[ResultRow]) -> set[str]:
    """The names of the parameters that do not have the same value in all rows."""
    pairs = {(name, json.dumps(value)) for row in rows for name, value in row.parameters.items()}
    return {name for name, values in grouped(pairs, lambda pair: pair[0]).items() if len(values) > 1}


def _sections(rows: list[ResultRow]) -> tuple[Section, ...]:
    labels = _labels(rows)
    return tuple(
        Section(*about, tuple(_entry(label, members) for label, members in by_label.items()))
        for about, members in grouped(rows, _section_key).items()
        for by_label in [grouped(members, lambda row: labels[row.key])]
    )


def _entry(label: str, rows: list[ResultRow]) -> Entry:
    return Entry(label, tuple(sorted(rows, key=lambda row: _seed_order(row.seed))))


def _section_key(row: ResultRow) -> tuple[str, int, str, str]:
    return row.ood, row.n_ood, row.ood_note, row.tuned_on


def _seed_order(seed: int | None) -> int:
    return -1 if seed is None else seed


def _labels(rows: list[ResultRow]) -> dict[str, str]:
    """A label for each row's key: the method, and in brackets what tells its rows of one section and seed apart."""
    labels = {}
    for method, members in grouped(rows, lambda row: row.method).items():
        by_objective = _differs(members, _section_key, lambda row: row.objective)
        # Tuned parameters may differ from seed to seed; fixed ones that differ make another method of it.
        by_parameters = _differs(
            members, lambda row: _place(row) if row.tuned_on else _section_key(row), _parameter_text
        )
        shown = sorted(varying(members)) if by_parameters else []
        for row in members:
            words = [row.objective] if by_objective else []
            words += [f"{name}={row.parameters[name]}" for name in shown if name in row.parameters]
            labels[row.key] = f"{method} ({', '.join(words)})" if words else method
    return _told_apart(rows, labels)


def _told_apart(rows: list[ResultRow], labels: dict[str, str]) -> dict[str, str]:
    """The labels, with the weights or else the cell named where rows of one section and seed would still share one."""
    told = dict(labels)
    for label, members in grouped(rows, lambda row: labels[row.key]).items():
        if _differs(members, _place, lambda row: row.key):
            by_weights = not _differs(members, lambda row: (_place(row), row.weights), lambda row: row.key)
            for row in members:
                told[row.key] = f"{label} [{f'weights {row.weights[:8]}' if by_weights else f'cell {row.key[:8]}'}]"
    return told


def _differs(rows: list[ResultRow], place: Callable[[ResultRow], Hashable], value: Callable[[ResultRow], str]) -> bool:
    """Whether rows of one place have more than one value."""
    return any(len({value(row) for row in members}) > 1 for members in grouped(rows, place).values())


def _place(row: ResultRow) -> tuple[Hashable, ...]:
    return *_section_key(row), row.seed


def _parameter_text(row: ResultRow) -> str:
    return json.dumps(row.parameters, sort_keys=True)
