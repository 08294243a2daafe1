"""One number per image, computed in blocks of images."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from .blocks import blocks


def rowwise(rows: int, width: int, compute: Callable[[slice], NDArray[np.float64]]) -> NDArray[np.float64]:
    """What `compute` says of each block of `rows`, one after the other, `(rows,)`.

    `width` is the number of elements that an image takes in the temporary arrays of `compute`.
    """
    found = np.empty(rows)
    for block in blocks(rows, width):
        found[block] = compute(block)
    return found
