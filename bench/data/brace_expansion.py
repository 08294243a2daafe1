"""Braces in the names of shards, as shells and WebDataset read them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from itertools import product

from bench.errors import BenchError

_BRACES = re.compile(r"\{([^{}]*)\}")
_RANGE = re.compile(r"([0-9]{1,18})\.\.([0-9]{1,18})")
_MOST, _MOST_BRACES = 100_000, 100


def expanded(text: str) -> list[str]:
    """The names that `text` stands for: `a{00..10}.tar` counts, `{a,b}.tar` lists, and several braces are combined.

    Raises `BenchError` for more than 100,000 of them, and for braces that hold neither.
    """
    rest = _BRACES.sub("", text)
    if "{" in rest and "}" in rest:
        raise BenchError(f"Cannot read the braces in '{text[:200]}': some are within others. Write the parts out.")
    around, inside = _BRACES.split(text)[::2], _BRACES.findall(text)
    if len(inside) > _MOST_BRACES:
        raise BenchError(f"'{text[:200]}' has more than {_MOST_BRACES} braces. Write the parts out.")
    several = [_parts(one, text) for one in inside]
    _require_few(math.prod(map(len, several)), text)
    return ["".join(_alternating(around, chosen)) for chosen in product(*several)]


def _alternating(around: Sequence[str], chosen: Sequence[str]) -> Iterator[str]:
    for before, part in zip(around, (*chosen, ""), strict=True):
        yield before + part


def _parts(inside: str, text: str) -> list[str]:
    counted = _RANGE.fullmatch(inside)
    if counted:
        first, last = int(counted[1]), int(counted[2])
        _require_few(abs(last - first) + 1, text)
        width = max(map(len, counted.groups())) if any(one.startswith("0") for one in counted.groups()) else 0
        step = 1 if last >= first else -1
        return [f"{number:0{width}d}" for number in range(first, last + step, step)]
    if "," in inside:
        return inside.split(",")
    raise BenchError(f"Cannot read the braces in '{text[:200]}'. Write {{000..012}} to count, or {{a,b}} to list.")


def _require_few(count: int, text: str) -> None:
    if count > _MOST:
        raise BenchError(f"'{text[:200]}' stands for more than {_MOST:,} shards. Look for a mistake in its braces.")
