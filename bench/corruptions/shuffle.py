"""Pixels carried to places nearby, as frosted glass does."""

from __future__ import annotations

import numpy as np

from .corruption import Bytes


def shuffled(image: Bytes, reach: int, stream: np.random.Generator) -> Bytes:
    """`image` `(H, W, C)` with each pixel replaced by one from up to `reach` pixels away.

    From the last pixel to the first, each takes what at that moment stands at a random place of its neighbourhood, so
    what was taken before may be carried on. A frame of `reach` pixels stays (of the last rows and columns one less).
    The released code means to swap the two; of RGB images it copies, because both sides are views of one array, and
    the published sets are made so.
    """
    height, width = image.shape[:2]
    rows, columns = np.arange(height - reach, reach, -1), np.arange(width - reach, reach, -1)
    steps = stream.integers(-reach, reach, size=(len(rows), len(columns), 2))
    moved = (rows[:, None] * width + columns).ravel()
    taken = ((rows[:, None] + steps[..., 1]) * width + columns + steps[..., 0]).ravel()
    source = np.arange(height * width)
    source[moved] = taken
    # A pixel that takes from a place which was filled before it takes what that place had taken.
    carried = np.zeros(height * width, bool)
    carried[moved] = True
    carried[moved] = carried[taken] & (taken > moved)
    while carried.any():
        source, carried = np.where(carried, source[source], source), carried & carried[source]
    return image.reshape(height * width, -1)[source].reshape(image.shape)
