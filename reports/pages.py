"""Things of different length on as few pages as need be, filled evenly."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


def pages(items: Sequence[T], length: Callable[[T], int], most: int) -> list[list[T]]:
    """The items in their order on pages of length `most`; one that is longer has a page of its own.

    >>> pages("abcdefgh", lambda letter: 2, 12)
    [['a', 'b', 'c', 'd'], ['e', 'f', 'g', 'h']]
    """
    needed = len(_filled(items, length, most))
    return next(found for limit in range(1, most + 1) if len(found := _filled(items, length, limit)) == needed)


def _filled(items: Sequence[T], length: Callable[[T], int], most: int) -> list[list[T]]:
    filled: list[list[T]] = []
    used = 0
    for item in items:
        used += length(item)
        if filled and used <= most:
            filled[-1].append(item)
        else:
            filled.append([item])
            used = length(item)
    return filled
