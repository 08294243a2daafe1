"""The smear of a moving camera, as ImageMagick computes it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .corruption import Bytes


def smeared(image: Bytes, radius: int, sigma: float, degrees: float) -> NDArray[np.float64]:
    """`image` `(H, W, C)` smeared along a line, with weights that fall off as half a Gaussian.

    The line has `2 * radius + 1` pixels, `sigma` counts in pixels too, and `degrees` turns from the right downwards.
    Beyond its border the image goes on with the value of the border. The result is rounded to whole values.
    """
    steps = np.arange(2 * radius + 1)
    weights = np.exp(-(steps**2) / (2 * sigma**2))
    angle = np.deg2rad(degrees)
    down = np.ceil(steps * np.sin(angle) - 0.5).astype(int)
    right = np.ceil(steps * np.cos(angle) - 0.5).astype(int)
    height, width = image.shape[:2]
    rows = np.clip(np.arange(height) + down[:, None], 0, height - 1)
    columns = np.clip(np.arange(width) + right[:, None], 0, width - 1)
    smear = np.zeros(image.shape)
    for weight, row, column in zip(weights / weights.sum(), rows, columns, strict=True):
        smear += weight * image[row[:, None], column]
    return np.rint(smear)
