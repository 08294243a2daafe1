"""A bank's likenesses in float32, and which of them are large, found by the maxima of groups."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.extraction.outputs import Floats

from .bank import Bank

TILE = 4096
"""How many of the bank's images are multiplied at once."""

FINE, COARSE = 8, 64
"""How many likenesses share a maximum: few, to look for large ones there, and many, to sort the maxima."""

Indices = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Screen:
    """The `likenesses` `(W, B)` of a bank's images to B others, W at least the bank's size with -inf beyond it.

    A tile of T rows has T / group maxima; the first is that of its rows 0, T / group, 2 T / group, ... All these sizes
    are powers of 2 but that of a bank's only tile, which is a multiple of the groups'.
    """

    likenesses: Floats
    tile: int
    fine: Floats
    coarse: Floats

    @classmethod
    def of(cls, bank: Bank, directions: Floats, most: int) -> Screen:
        """Compare `directions` `(B, D)` with the whole bank, for up to `most` neighbours of each."""
        coarse = _group_size(len(bank), most)
        tile = min(TILE, -(-len(bank) // coarse) * coarse)
        tiles = -(-len(bank) // tile)
        shapes = [(tiles * tile // group, len(directions)) for group in (1, min(FINE, coarse), coarse)]
        arrays = [np.empty(shape, np.float32) for shape in shapes]
        arrays[0][len(bank) :] = -np.inf
        by_tile = (array.reshape(tiles, len(array) // tiles, len(directions)) for array in arrays)
        for number, (values, fine, maxima) in enumerate(zip(*by_tile, strict=True)):
            part = slice(number * tile, min((number + 1) * tile, len(bank)))
            bank.screen(directions, part, arrays[0][part])
            _group_maxima(values, fine)
            _group_maxima(fine, maxima)
        return cls(arrays[0], tile, *arrays[1:])

    def floor(self, most: int) -> Floats:
        """What at least `most` likenesses in each column reach `(B,)`: the `most`-th largest coarse maximum."""
        return np.partition(self.coarse.T, len(self.coarse) - most, axis=1)[:, -most]

    def reaching(self, floor: Floats) -> tuple[Indices, Indices, Floats]:
        """The columns, rows and values of all likenesses that reach their column's floor `(B,)`, by column."""
        group = len(self.likenesses) // len(self.fine)
        step, width = self.tile // group, len(floor)
        groups, columns = np.divmod(np.flatnonzero(self.fine >= floor), width)
        by_column = np.argsort(columns, kind="stable")
        groups, columns = groups[by_column], columns[by_column]
        rows = (groups // step * self.tile + groups % step)[:, None] + step * np.arange(group)
        values = self.likenesses.ravel().take(rows * width + columns[:, None])
        chosen = values >= floor[columns, None]
        return np.repeat(columns, chosen.sum(1)), rows[chosen], values[chosen]


def _group_size(size: int, most: int) -> int:
    """A power of 2 that leaves at least four groups for each of the `most` neighbours, where there are so many."""
    return min(COARSE, 1 << (max(1, size // (4 * most)).bit_length() - 1))


def _group_maxima(values: Floats, out: Floats) -> None:
    """The maxima of groups of rows, which are halved again and again."""
    while len(values) > len(out):
        half = len(values) // 2
        values = np.maximum(values[:half], values[half:])
    out[:] = values
