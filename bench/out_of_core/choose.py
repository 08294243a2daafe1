"""Whether scores are sorted on disk, and in how much memory."""

from __future__ import annotations

from pathlib import Path

from bench.memory import available_bytes

from .evaluate import LEAST_MEMORY

_LARGEST_SHARE = 10
"""A score of 4 bytes becomes 32 where everything is in memory."""


def sorting_memory(*paths: Path) -> int | None:
    """The bytes to sort the scores of these files in; None where they are no larger than a tenth of the free memory.

    It is a quarter of the memory that is free. Where the system does not tell of that, and for files that cannot be
    read, the answer is None.
    """
    free = available_bytes()
    try:
        size = sum(path.stat().st_size for path in paths)
    except OSError:
        return None
    return None if free is None or size * _LARGEST_SHARE <= free else max(free // 4, LEAST_MEMORY)
