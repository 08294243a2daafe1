"""A part of a run: the cells of one network, some OOD sets and some methods, as plain data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from typing import Any

from bench.errors import BenchError
from bench.wording import counted


@dataclass(frozen=True)
class Part:
    """`network` is the name of a `NetworkNeed`; `ood` and `methods` are names. The methods are tried on each set."""

    network: str
    ood: tuple[str, ...]
    methods: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.ood) * len(self.methods)

    def __str__(self) -> str:
        return f"{self.what} on {self.place}"

    @property
    def what(self) -> str:
        """The methods, by name or number, and their network."""
        methods = ", ".join(self.methods) if len(self.methods) <= 3 else counted(len(self.methods), "method")
        return f"{methods} ({self.network})"

    @property
    def place(self) -> str:
        """The OOD sets, by name or number."""
        return ", ".join(self.ood) if len(self.ood) <= 3 else counted(len(self.ood), "OOD set")

    def to_dict(self) -> dict[str, Any]:
        """As plain data."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Part:
        """From what `to_dict` gave. Raises `KeyError`, `TypeError` or `ValueError` for what that cannot be."""
        ood, methods = (tuple(map(str, data[name])) for name in ("ood", "methods"))
        if not (ood and methods):
            raise ValueError("a part has cells")
        return cls(str(data["network"]), ood, methods)

    def holds(self, other: dict[str, Any]) -> bool:
        """Whether all cells of another part, as `to_dict` gives it, are in this one."""
        return (
            other.get("network") == self.network
            and set(other.get("ood", [None])) <= set(self.ood)
            and set(other.get("methods", [None])) <= set(self.methods)
        )

    def split(self, count: int) -> Iterator[Part]:
        """This part in `count` parts, or fewer: by OOD sets; by methods too where there are fewer sets than parts.

        The cells of the parts, one after the other, are in the same order as here.
        """
        for ood in _chunks(self.ood, min(count, len(self.ood))):
            for methods in _chunks(self.methods, min(max(1, count // len(self.ood)), len(self.methods))):
                yield replace(self, ood=ood, methods=methods)


@dataclass(frozen=True)
class Shard:
    """The `number`-th, from 1 on, of `count` parts of a run that machines share among them."""

    number: int
    count: int

    @classmethod
    def parse(cls, text: str) -> Shard:
        """`2/5` is the second of five. Raises `BenchError` for what is none."""
        number, slash, count = text.partition("/")
        if not (slash and number.isdecimal() and count.isdecimal() and 1 <= int(number) <= int(count)):
            raise BenchError(f"--shard must be such as 2/5, the second of five, not '{text}'.")
        return cls(int(number), int(count))


def cut(parts: Sequence[Part], workers: int) -> list[Part]:
    """The parts as they are where they are enough for the workers, else each cut in proportion to its cells.

    They are cut as little as that takes, since a method is fitted, and scores the ID images, once in each part; and
    rather into too few than too many, since a few that are left over keep everybody waiting for a second round.
    """
    if len(parts) >= workers:
        return list(parts)
    total = sum(map(len, parts))
    return [piece for part in parts for piece in part.split(max(1, workers * len(part) // total))]


def of_shard(parts: Sequence[Part], shard: Shard | None) -> list[Part]:
    """Those of the parts that are the shard's, which are cut for it; all shards together have each cell once."""
    return list(parts) if shard is None else cut(parts, shard.count)[shard.number - 1 :: shard.count]


def networks_first(parts: Sequence[Part]) -> list[int]:
    """The positions of the parts in the order to begin them: one of each network, so that all are trained early."""
    seen: dict[str, int] = {}
    turn = []
    for part in parts:
        turn.append(seen.get(part.network, 0))
        seen[part.network] = turn[-1] + 1
    return sorted(range(len(parts)), key=lambda position: min(turn[position], 1))


def _chunks(names: tuple[str, ...], count: int) -> Iterator[tuple[str, ...]]:
    """The names in `count` runs of lengths that differ by one at most."""
    ends = [len(names) * number // count for number in range(count + 1)]
    return (names[start:end] for start, end in pairwise(ends))
