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

    def partners(self, other: Side) -> Side:
        """The cells whose network, or the seed that trained it, the other side has too."""
        seeds = {record["row"]["seed"] for record in other.records} - {None}
        networks = set(other.networks)
        pairs = zip(self.records, self.networks, strict=True)
        return Side(tuple(one for one, network in pairs if network in networks or one["row"]["seed"] in seeds))

    def in_the_order_of(self, other: Side) -> Side:
        """The cells in the order in which another side has their networks."""
        order = other.networks
        pairs = zip(self.networks, self.records, strict=True)
        return Side(tuple(record for _, record in sorted(pairs, key=lambda pair: order.index(pair[0]))))

    def figures(self, metric: str) -> list[float | None]:
        """The metric of each cell."""
        return [record["row"][metric] for record in self.records]


@dataclass(frozen=True)
class Match:
    """A slot with its cells in both runs."""

    slot: Slot
    first: Side
    second: Side


@dataclass(frozen=True)
class Lone:
    """What only one of two runs has: a whole slot, or in a slot of both the network of a `seed` and `weights`."""

    slot: Slot
    seed: int | None = None
    weights: str | None = None

    @property
    def words(self) -> str:
        """What is alone as messages call it."""
        if self.weights is None:
            return self.slot.words
        return f"{self.slot.words}, " + (f"weights {self.weights[:12]}" if self.seed is None else f"seed {self.seed}")


def match(first: Sequence[Record], second: Sequence[Record]) -> tuple[list[Match], list[Lone], list[Lone]]:
    """The slots that both runs have, and what only the first, or only the second, has: slots, and seeds in slots.

    Where a run has several sets of parameters in a slot, those with equal parameters belong together, and of the others
    those that are the only one left on either side. Seeds are alone as `_pair` says.
    """
    sides = [_sides(records) for records in (first, second)]
    matches = []
    alone: tuple[list[Lone], list[Lone]] = ([], [])
    for slot in sorted({*sides[0], *sides[1]}):
        one, other = (dict(side.get(slot, {})) for side in sides)
        pairs = [(one.pop(parameters), other.pop(parameters)) for parameters in list(one) if parameters in other]
        if len(one) == len(other) == 1:
            pairs.append((one.popitem()[1], other.popitem()[1]))
        for pair in pairs:
            matched, *lost = _pair(slot, *pair)
            matches.append(matched)
            for found, more in zip(alone, lost, strict=True):
                found.extend(more)
        alone[0].extend(Lone(slot) for _ in one)
        alone[1].extend(Lone(slot) for _ in other)
    return matches, *alone


def _pair(slot: Slot, first: Side, second: Side) -> tuple[Match, list[Lone], list[Lone]]:
    """The cells of both sides, and those without a partner: the same network, or one that was trained with its seed.

    Where all partners are the same networks, these alone are compared. Where nothing has a partner, the runs have other
    networks altogether, and none of them is missing.
    """
    kept = (first.partners(second), second.partners(first))
    if not kept[0].records:
        return Match(slot, first, second), [], []
    lone = [
        [Lone(slot, r["row"]["seed"], r["cell"]["weights"]) for r in side.records if r not in some.records]
        for side, some in zip((first, second), kept, strict=True)
    ]
    if set(kept[0].networks) != set(kept[1].networks):
        return Match(slot, first, second), lone[0], lone[1]
    return Match(slot, kept[0], kept[1].in_the_order_of(kept[0])), lone[0], lone[1]


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
