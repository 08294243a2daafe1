"""How many images of a test set are kept apart to choose something on."""

from __future__ import annotations

HELD_OUT = 1000


def held_out_count(size: int) -> int:
    """How many of a test set's first images serve for validation: 1,000, or a fifth if that is fewer.

    >>> held_out_count(10_000), held_out_count(500)
    (1000, 100)
    """
    return min(HELD_OUT, size // 5)
