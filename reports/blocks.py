"""What may stand side by side: rows sorted into blocks, sections and entries.

A block is one ID test set, alone or with covariate-shifted sets, one network, one protocol and one precision. A section
is one OOD set in it. Within a section all rows were measured on the same images under the same protocol, so they may be
compared. An entry is one method there, with a row for each seed. Everything keeps the order in which the rows name it.

Methods that look at pixels alone belong to no network: they stand, after the others, with every network that was
tested on the same images, and in a block of their own only where there is none. Where a protocol tunes, methods that
have nothing to tune stand with those that were tuned.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from bench.suites.record import SuiteRecord

from .labels import labels_of
from .result_row import NO_NETWORK, ResultRow, grouped, read_rows

if TYPE_CHECKING:
    import pandas as pd

    from .evidence import Evidence


@dataclass(frozen=True)
class Entry:
    """A method as `label` calls it, which is unique in its section, and its rows, one for each seed, ascending."""

    label: str
    rows: tuple[ResultRow, ...]

    @property
    def seeds(self) -> tuple[int | None, ...]:
        """The seeds of the rows; None where the network has none."""
        return tuple(row.seed for row in self.rows)

    @property
    def has_network(self) -> bool:
        """Whether the method looks at what a network makes of the images."""
        return self.rows[0].has_network

    @property
    def compares_as(self) -> Hashable | None:
        """Entries with the same value may be compared; None, of methods without a network, compares with all."""
        return self.seeds if self.has_network else None


@dataclass(frozen=True)
class Section:
    """The entries of one OOD set: the same images, tuned on the same images where they were tuned."""

    ood: str
    n_ood: int
    ood_note: str
    tuned_on: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Block:
    """The sections of one ID test set, one network, one protocol and one precision, and the suite of the ID set.

    `evidence` tells which differences between entries are more than chance; None where only figures are known.
    """

    id: str
    n_id: int
    id_note: str
    network: str
    protocol: str
    precision: str
    sections: tuple[Section, ...]
    suite: SuiteRecord | None = None
    evidence: Evidence | None = field(default=None, compare=False)

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
        """Every seed that some entry has, ascending; only where there are none, None."""
        known = sorted({seed for entry in self.entries for seed in entry.seeds if seed is not None})
        return [*known] or [None]

    def entries_of(self, label: str) -> list[Entry]:
        """The entries of one method, one for each OOD set that it was tested on."""
        return [entry for entry in self.entries if entry.label == label]

    def by_seed(self) -> list[Block]:
        """A block for each seed, each with the rows that have none: of ensembles, and of no network."""
        return [self._of_seed(seed, or_none=True) for seed in self.seeds]

    def by_seed_or_none(self) -> list[Block]:
        """A block for each seed, before them one of the rows that have none."""
        has_none = any(None in entry.seeds for entry in self.entries)
        seeds = [*([None] if has_none else []), *(seed for seed in self.seeds if seed is not None)]
        return [self._of_seed(seed, or_none=False) for seed in seeds]

    def _of_seed(self, seed: int | None, *, or_none: bool) -> Block:
        """The block with one row of each entry, that of the seed or else one without; what has neither is left out."""
        sections = []
        for section in self.sections:
            entries = []
            for entry in section.entries:
                rows = [row for row in entry.rows if row.seed == seed or (or_none and row.seed is None)]
                if rows:
                    entries.append(Entry(entry.label, (rows[-1],)))
            if entries:
                sections.append(replace(section, entries=tuple(entries)))
        return replace(self, sections=tuple(sections))


def blocks_of(frame: pd.DataFrame) -> list[Block]:
    """The blocks of a result table. Raises `BenchError` when it has no rows."""
    return blocks_of_rows(read_rows(frame))


def blocks_of_rows(rows: Iterable[ResultRow]) -> list[Block]:
    """The blocks of some rows."""
    blocks = _with_baselines(grouped(rows, _block_key))
    return [Block(*about, tuple(_sections(rows))) for about, rows in blocks.items()]


BlockKey = tuple[str, int, str, str, str, str]


def _block_key(row: ResultRow) -> BlockKey:
    return row.positives, row.n_id, row.id_note, row.network, row.protocol, row.precision


def _image_key(row: ResultRow) -> tuple[str, int, str]:
    return row.ood, row.n_ood, row.ood_note


def _with_baselines(blocks: dict[BlockKey, list[ResultRow]]) -> dict[BlockKey, list[ResultRow]]:
    """The rows by block, those without a network moved to every block that has rows on the same images."""
    networks = {key: list(rows) for key, rows in blocks.items() if key[3] != NO_NETWORK}
    alone: dict[BlockKey, list[ResultRow]] = {}
    places = {key: {_image_key(row) for row in rows} for key, rows in networks.items()}
    for key, rows in blocks.items():
        for row in _without_repetitions(rows) if key[3] == NO_NETWORK else []:
            hosts = [host for host in networks if _ground(host) == _ground(key) and _image_key(row) in places[host]]
            for host in hosts:
                networks[host].append(row)
            if not hosts:
                alone.setdefault(key, []).append(row)
    found = networks | alone
    return {key: found[key] for key in blocks if key in found}


def _ground(key: BlockKey) -> tuple[Hashable, ...]:
    """What blocks have in common that differ in their network alone."""
    return key[:3] + key[4:]


def _without_repetitions(rows: Sequence[ResultRow]) -> list[ResultRow]:
    """The rows without those that an earlier one equals in all but key and cost.

    Networks that normalise differently have a cell each for the same method on the same pixels.
    """
    same = grouped(rows, lambda row: (_image_key(row), row.method, json.dumps([row.parameters, row.metrics])))
    return [members[0] for members in same.values()]


def _sections(rows: Sequence[ResultRow]) -> Iterator[Section]:
    parts = {
        (*place, tuned_on): [row for row in members if row.tuned_on in ("", tuned_on)]
        for place, members in grouped(rows, _image_key).items()
        for tuned_on in dict.fromkeys(row.tuned_on for row in members if row.tuned_on) or ("",)
    }
    labels = labels_of(list(parts.values()))
    for about, members in parts.items():
        by_label = grouped(members, lambda row: labels[row.key])
        yield Section(*about, tuple(_entry(label, of_label) for label, of_label in by_label.items()))


def _entry(label: str, rows: Sequence[ResultRow]) -> Entry:
    return Entry(label, tuple(sorted(rows, key=lambda row: -1 if row.seed is None else row.seed)))
