"""Zooming into the middle of an image."""

from __future__ import annotations

import math
from typing import Any

from numpy.typing import NDArray
from scipy import ndimage


def zoomed(image: NDArray[Any], factor: float) -> NDArray[Any]:
    """The middle of `image` `(H, W, C)`, enlarged by `factor` >= 1 to the image's own size (bilinear)."""
    height, width = image.shape[:2]
    kept_height, kept_width = math.ceil(height / factor), math.ceil(width / factor)
    middle = _middle(image, kept_height, kept_width)
    return _middle(ndimage.zoom(middle, (factor, factor, 1), order=1), height, width)


def _middle(image: NDArray[Any], height: int, width: int) -> NDArray[Any]:
    top, left = (image.shape[0] - height) // 2, (image.shape[1] - width) // 2
    return image[top : top + height, left : left + width]
