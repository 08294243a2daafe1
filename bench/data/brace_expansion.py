"""Braces in the names of shards, as shells and WebDataset read them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bench.errors import BenchError

_BRACES = re.compile(r"\{([^{}]*)\}")
_RANGE = re.compile(r"(\d+)\.\.(\d+)")
_MOST = 100_000


def expanded(text: str) -> list[str]:
    """The names that `text` stands for: `a{00..10}.tar` counts, `{a,b}.tar` lists, and several braces are combined.

    Raises `BenchError` for more than 100,000 of them, and for braces that hold neither.
    """
    found = _BRACES.search(text)
    if found is None:
        return [text]
    if "{" in text[: found.start()]:
        raise BenchError(f"Cannot read the braces in '{text}': some are within others. Write the parts out.")
    parts = [f"{text[: found.start()]}{part}{text[found.end() :]}" for part in _parts(found[1], text)]
    names = [name for part in parts for name in expanded(part)]
    _require_few(len(names), text)
    return names


def _parts(inside: str, text: str) -> Iterator[str]:
    counted = _RANGE.fullmatch(inside)
    if counted:
        first, last = int(counted[1]), int(counted[2])
        _require_few(abs(last - first) + 1, text)
        width = max(map(len, counted.groups())) if any(one.startswith("0") for one in counted.groups()) else 0
        step = 1 if last >= first else -1
        yield from (f"{number:0{width}d}" for number in range(first, last + step, step))
    elif "," in inside:
        yield from inside.split(",")
    else:
        raise BenchError(f"Cannot read the braces in '{text}'. Write {{000..012}} to count, or {{a,b}} to list.")


def _require_few(count: int, text: str) -> None:
    if count > _MOST:
        raise BenchError(f"'{text}' stands for more than {_MOST:,} shards. Look for a mistake in its braces.")
