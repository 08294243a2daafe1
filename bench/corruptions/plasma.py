"""Clouds: a random surface that is rough at every scale."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def plasma(side: int, decay: float, stream: np.random.Generator) -> NDArray[np.float64]:
    """A surface `(side, side)` with values in [0, 1] and borders that fit each other; `side` is a power of two >= 2.

    The diamond-square algorithm: squares get a centre, then edges a middle, each the mean of its four neighbours plus
    uniform noise, which is divided by `decay` when the squares are halved.
    """
    heights = np.zeros((side, side))
    noise = 100.0

    def midpoint(total: NDArray[np.float64]) -> NDArray[np.float64]:
        return total / 4 + noise * stream.uniform(-noise, noise, total.shape)

    step = side
    while step >= 2:
        on, off = slice(0, None, step), slice(step // 2, None, step)
        corners = heights[on, on]
        pairs = corners + np.roll(corners, -1, axis=0)
        heights[off, off] = centres = midpoint(pairs + np.roll(pairs, -1, axis=1))
        for place, axis in (((on, off), 0), ((off, on), 1)):
            across = centres + np.roll(centres, 1, axis=axis)
            heights[place] = midpoint(across + corners + np.roll(corners, -1, axis=1 - axis))
        step //= 2
        noise /= decay
    heights -= heights.min()
    unit: NDArray[np.float64] = heights / heights.max()
    return unit
