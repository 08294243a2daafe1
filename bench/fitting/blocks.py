"""Rows in blocks, so that temporary arrays stay small whatever the number of images is."""

from __future__ import annotations

from collections.abc import Iterator

BLOCK_ELEMENTS = 2**22
"""Elements of the largest temporary array of a block: 32 MB in float64."""


def blocks(rows: int, width: int) -> Iterator[slice]:
    """Slices that cover `rows`, each of at most `BLOCK_ELEMENTS` elements where a row has `width`; at least one row."""
    size = max(1, BLOCK_ELEMENTS // max(1, width))
    for start in range(0, rows, size):
        yield slice(start, min(start + size, rows))
