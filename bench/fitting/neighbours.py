"""Exact nearest neighbours in a bank: one search for every number of neighbours.

Products in float32 screen the whole bank; what they cannot tell apart is computed again in float64.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.extraction.outputs import Floats, Outputs

from .bank import Bank, Doubles, Queries
from .blocks import blocks
from .screen import Screen
from .threads import in_threads

SPARE = 32
"""How many candidates are kept beyond the number of neighbours, as float32 may confuse them with the last one."""

Places = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Nearest:
    """The candidates for the nearest neighbours of N images: likenesses `(N, C)` in float32, descending, and places.

    `most` is how many neighbours were asked for.

    Every image of the bank whose likeness may be among the largest, as many as were asked for, is a candidate, unless
    the last of a row's candidates is so like that further ones were dropped. NaN where an image's features are.
    """

    bank: Bank
    queries: Queries
    most: int
    values: Floats
    places: Places

    def kth(self, k: int) -> Doubles:
        """The k-th largest likeness of each image `(N,)`, exact in float64, for k up to `most`."""
        pivot = self.values[:, [k - 1]]
        above = (self.values > pivot + 2 * self.bank.error).sum(1)
        near = self._ranked(np.abs(self.values - pivot) <= 2 * self.bank.error)
        found = near[np.arange(len(near)), np.minimum(k - 1 - above, near.shape[1] - 1)]
        for rows, likenesses in self._dropped(k):
            found[rows] = np.partition(likenesses, -k, axis=1)[:, -k]
        return np.where(np.isnan(pivot[:, 0]), np.nan, found)

    def mean(self, k: int) -> Doubles:
        """The mean of the k largest likenesses of each image `(N,)`, exact in float64, for k up to `most`."""
        pivot = self.values[:, [k - 1]]
        found: Doubles = self._ranked(self.values >= pivot - 2 * self.bank.error)[:, :k].mean(1)
        for rows, likenesses in self._dropped(k):
            found[rows] = np.sort(np.partition(likenesses, -k, axis=1)[:, -k:], axis=1)[:, ::-1].mean(1)
        return np.where(np.isnan(pivot[:, 0]), np.nan, found)

    def _ranked(self, chosen: NDArray[np.bool_]) -> Doubles:
        """The exact likenesses of the chosen candidates, descending in each row, with -inf behind them."""
        images, columns = np.nonzero(chosen)
        exact = self.bank.likeness(self.queries, images, self.places[images, columns])
        ranked = _table(images, len(chosen), -exact, np.inf)
        ranked.sort(axis=1)
        return -ranked

    def _dropped(self, k: int) -> Iterator[tuple[NDArray[np.intp], Doubles]]:
        """The images for which a dropped one may be among the k nearest, and their likenesses to the whole bank."""
        if self.values.shape[1] == len(self.bank):
            return
        short = np.flatnonzero(self.values[:, -1] >= self.values[:, k - 1] - 2 * self.bank.error)
        for block in blocks(len(short), 2 * len(self.bank)):
            yield short[block], self.bank.likenesses(self.queries, short[block])


def nearest(bank: Bank, outputs: Outputs, k: int, most: int) -> Nearest:
    """The candidates for at least `k` nearest neighbours of each image, of up to `most` that may be asked for.

    `most` is at most the bank's size. The first search is for `k` alone; where a larger number is asked for later, a
    second one serves all up to `most`. They are made once for all methods that ask.
    """
    first = outputs.once(("nearest", bank), lambda: search(bank, outputs.features, k))
    if k <= first.most:
        return first
    return outputs.once(("nearest", bank, most), lambda: search(bank, outputs.features, most))


def search(bank: Bank, features: NDArray[Any], most: int) -> Nearest:
    """`nearest` of the images with these features `(N, D)`."""
    queries, width = Queries.of(features), min(most + SPARE, len(bank))
    rows = max(16, min(512, max(128, features.shape[1] // 4), 2**26 // len(bank)))
    parts = [slice(start, start + rows) for start in range(0, max(1, len(features)), rows)]
    found = in_threads(lambda part: _candidates(bank, queries.directions(part), most, width), parts)
    values, places = (np.concatenate(arrays) for arrays in zip(*found, strict=True))
    return Nearest(bank, queries, most, values, places)


def _candidates(bank: Bank, directions: Floats, most: int, width: int) -> tuple[Floats, Places]:
    """The largest likenesses `(B, width)` of each direction, those that can matter, and their places.

    In float32 at least `most` of a row reach its floor, so that many exact ones reach floor - error; one among the
    `most` largest does so too, and reaches floor - 2 error in float32. Where there are fewer the rest is -inf.
    """
    screen = Screen.of(bank, directions, most)
    floor = screen.floor(most)
    images, found, likenesses = screen.reaching(floor - 2 * bank.error)
    values = _table(images, len(directions), likenesses, -np.inf, width)
    places = _table(images, len(directions), found.astype(np.int32), 0, width)
    order = np.argsort(-values, axis=1)[:, :width]
    values, places = np.take_along_axis(values, order, 1), np.take_along_axis(places, order, 1)
    values[np.isnan(floor)] = np.nan
    return values, places


def _table(rows: NDArray[np.intp], height: int, values: NDArray[Any], empty: float, least: int = 1) -> NDArray[Any]:
    """Values of ascending `rows` side by side in a table of that height, and `empty` where a row has fewer."""
    counts = np.bincount(rows, minlength=height)
    table = np.full((height, max(least, int(counts.max(initial=0)))), empty, values.dtype)
    starts = np.cumsum(counts) - counts
    table[rows, np.arange(len(rows)) - starts[rows]] = values
    return table
