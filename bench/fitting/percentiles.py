"""Exact percentiles of training activations, in memory that does not grow with the number of images.

They interpolate linearly between the two nearest values, like `numpy.percentile`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from bench.extraction.outputs import Floats
from bench.extraction.probe import Probe

from .blocks import blocks
from .data import FitData

HALF = 1 << 16
"""How many numbers 16 bits can say; a float32 is a leading and a trailing half."""

SIGN = HALF // 2
"""The sign bit of a leading half."""


def percentile(data: FitData, percent: float, probe: Probe | None = None) -> float:
    """The percentile of all training features, or of all values that `probe` saw of the training images."""
    values = data.features if probe is None else data.train.probed[probe]
    counted = data.once(("counted values", probe), lambda: CountedValues(values))
    return data.once(("percentile", probe, percent), lambda: counted.percentile(percent))


def feature_percentiles(data: FitData, percent: float) -> NDArray[np.float64]:
    """The percentile of each training feature over the images, `(D,)`."""
    return data.once(("feature percentiles", percent), lambda: percentiles_of_columns(data.features, percent))


def percentiles_of_columns(values: Floats, percent: float) -> NDArray[np.float64]:
    """The percentile of each column of `values` `(N, D)`, `(D,)`; `percent` is between 0 and 100."""
    below, above, share = _position(percent, len(values))
    found = np.empty(values.shape[1])
    for columns in blocks(values.shape[1], len(values)):
        ordered = np.array(values[:, columns].T, order="C")  # a copy even of one row, as it is sorted in place
        ordered.partition((below, above), axis=1)
        lower, upper = ordered[:, below].astype(np.float64), ordered[:, above].astype(np.float64)
        found[columns] = lower + share * (upper - lower)
    return found


class CountedValues:
    """Finite float32 values `(N, …)` whose order statistics are found by counting, with no copy of the values.

    The bits of a float32 order as its magnitude does. `counts` says how many values share their leading half, in
    ascending order of the values; a second pass counts the trailing halves of those among which a rank falls.
    """

    def __init__(self, values: Floats) -> None:
        self.values = values
        counts = np.zeros(HALF, np.int64)
        for _, leading in self._halves():
            counts += np.bincount(leading, minlength=HALF)
        self.counts = np.concatenate([counts[SIGN:][::-1], counts[:SIGN]])

    def percentile(self, percent: float) -> float:
        """The percentile of all values; `percent` is between 0 and 100."""
        below, above, share = _position(percent, self.values.size)
        lower, upper = self.order_statistics((below, above))
        return lower + share * (upper - lower)

    def order_statistics(self, ranks: Sequence[int]) -> list[float]:
        """The values of these ranks, ascending from 0 for the smallest value."""
        ends = self.counts.cumsum()
        places = [int(np.searchsorted(ends, rank, side="right")) for rank in ranks]
        trailing = {place: self._trailing(place).cumsum() for place in set(places)}
        found = []
        for rank, place in zip(ranks, places, strict=True):
            among = rank - (ends[place] - self.counts[place])
            found.append(_value(place, int(np.searchsorted(trailing[place], among, side="right"))))
        return found

    def _trailing(self, place: int) -> NDArray[np.int64]:
        """How many of the values counted at `place` share their trailing half, in ascending order of the values."""
        counts = np.zeros(HALF, np.int64)
        for trailing, leading in self._halves():
            counts += np.bincount(trailing[leading == _leading(place)], minlength=HALF)
        return counts if place >= SIGN else counts[::-1]

    def _halves(self) -> Iterator[tuple[NDArray[np.uint16], NDArray[np.uint16]]]:
        """The trailing and the leading halves of the values, block by block."""
        rows = self.values.reshape(len(self.values), -1)
        for block in blocks(len(rows), rows.shape[1]):
            halves = np.ascontiguousarray(rows[block], "<f4").reshape(-1).view("<u2")
            yield halves[0::2], halves[1::2]


def _position(percent: float, count: int) -> tuple[int, int, float]:
    """The ranks on either side of the percentile of `count` values, and how far it lies from the lower one."""
    position = percent / 100 * (count - 1)
    below = int(position)
    return below, min(below + 1, count - 1), position - below


def _leading(place: int) -> int:
    return place - SIGN if place >= SIGN else HALF - 1 - place


def _value(place: int, trailing: int) -> float:
    """The float32 whose leading half is counted at `place`, and which has so many trailing halves below it there."""
    low = trailing if place >= SIGN else HALF - 1 - trailing
    return float(np.uint32(_leading(place) * HALF + low).view(np.float32))
