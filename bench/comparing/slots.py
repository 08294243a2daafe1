"""Which cells of two runs answer the same question."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.running.sound_rows import require_sound_row

Record = Mapping[str, Any]
"""A cell as the store keeps it."""

CALLED = ("method", "id", "ood", "network", "objective", "protocol")


@dataclass(frozen=True, order=True)
class Slot:
    """What is asked: a method on a pair, on a kind of network, under a protocol; not with which seed or parameters."""

    method: str
    id: str
    ood: str
    network: str
    objective: str
    protocol: str

    @classmethod
    def of(cls, record: Record) -> Slot:
        """The slot of a cell. Raises `BenchError` for a record that no run writes."""
        row = require_sound_row(record)
        return cls(**{name: str(row[name]) for name in CALLED})

    @property
    def words(self) -> str:
        """The slot as messages call it."""
        return f"{self.method}, {self.id} / {self.ood}"


@dataclass(frozen=True)
class Side:
    """The cells of one run in a slot that differ in their seed alone, by ascending seed."""

    records: tuple[Record, ...]

    @property
    def keys(self) -> list[str]:
        """The keys of the cells."""
        return [record["key"] for record in self.records]

    @property
    def networks(self) -> list[tuple[str, str]]:
        """Weights and input transform of each cell: what makes a network the same."""
        return [(r["cell"]["weights"], json.dumps(r["cell"]["transform"], sort_keys=True)) for r in self.records]

    @property
    def images(self) -> set[tuple[str, str, int, int]]:
        """The test images of the cells: identities and numbers."""
        return {(r["cell"]["id"][1], r["cell"]["ood"][1], r["row"]["n_id"], r["row"]["n_ood"]) for r in self.records}

    def figures(self, metric: str) -> list[float | None]:
        """The metric of each cell."""
        return [record["row"][metric] for record in self.records]


@dataclass(frozen=True)
class Match:
    """A slot with its cells in both runs."""

    slot: Slot
    first: Side
    second: Side


def match(first: Sequence[Record], second: Sequence[Record]) -> tuple[list[Match], list[Slot], list[Slot]]:
    """The slots that both runs have, and those that only the first, or only the second, has.

    Where a run has several sets of parameters in a slot, those with equal parameters belong together, and of the others
    those that are the only one left on either side.
    """
    sides = [_sides(records) for records in (first, second)]
    matches = []
    alone: tuple[list[Slot], list[Slot]] = ([], [])
    for slot in sorted({*sides[0], *sides[1]}):
        one, other = (dict(side.get(slot, {})) for side in sides)
        for parameters in [parameters for parameters in one if parameters in other]:
            matches.append(Match(slot, one.pop(parameters), other.pop(parameters)))
        if len(one) == len(other) == 1:
            matches.append(Match(slot, *one.values(), *other.values()))
            continue
        alone[0].extend(slot for _ in one)
        alone[1].extend(slot for _ in other)
    return matches, *alone


def _sides(records: Iterable[Record]) -> dict[Slot, dict[str, Side]]:
    """The cells of a run by slot and by their parameters before tuning; of several with one seed the last that was
    made.
    """
    found: dict[Slot, dict[str, dict[Any, Record]]] = {}
    for record in sorted(records, key=lambda record: str(record.get("provenance", {}).get("created", ""))):
        parameters = json.dumps(record["cell"]["parameters"], sort_keys=True)
        found.setdefault(Slot.of(record), {}).setdefault(parameters, {})[_network_of(record)] = record
    return {
        slot: {parameters: Side(_ordered(by_seed.values())) for parameters, by_seed in variants.items()}
        for slot, variants in found.items()
    }


def _network_of(record: Record) -> Any:
    """The seed, or of a network that was not trained here its weights."""
    seed = record["row"]["seed"]
    return record["cell"]["weights"] if seed is None else seed


def _ordered(records: Iterable[Record]) -> tuple[Record, ...]:
    return tuple(sorted(records, key=lambda r: (-1 if r["row"]["seed"] is None else r["row"]["seed"], r["key"])))
