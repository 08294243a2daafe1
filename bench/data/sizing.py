"""How images get the height and width that a network takes: resized, then cropped at the centre."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal, get_args

from bench.errors import BenchError, UnknownNameError

if TYPE_CHECKING:
    from torch import Tensor

Interpolation = Literal["bilinear", "bicubic", "nearest"]
"""How values between pixels are found: as PIL does, that is with antialiasing, but for `nearest`."""


OddMargin = Literal["half-even", "down"]
"""Where the centre begins if the margin around it is odd: half of it is rounded to the even number, or down."""


def require_word(kind: str, text: str, words: object) -> None:
    """Raise `UnknownNameError` unless `text` is one of the `words` of a `Literal`."""
    if text not in get_args(words):
        raise UnknownNameError(kind, text, get_args(words))


def interpolated(batch: Tensor, height: int, width: int, interpolation: Interpolation) -> Tensor:
    """The batch `(B, C, H, W)` of values in [0, 1] in another size, within [0, 1] again."""
    if batch.shape[2:] == (height, width):
        return batch
    from torch.nn import functional as F

    if interpolation == "nearest":
        return F.interpolate(batch, (height, width), mode="nearest-exact")
    resized = F.interpolate(batch, (height, width), mode=interpolation, antialias=True)
    return resized.clamp(0, 1) if interpolation == "bicubic" else resized  # bicubic waves reach beyond black and white


def filled(batch: Tensor, height: int, width: int, interpolation: Interpolation) -> Tensor:
    """Resized just so far that it fills the height and width, which are cut out at the centre."""
    found_height, found_width = batch.shape[2:]
    ratio = max(height / found_height, width / found_width)
    size = max(height, round(found_height * ratio)), max(width, round(found_width * ratio))
    resized = interpolated(batch, *size, interpolation)
    top, left = (size[0] - height) // 2, (size[1] - width) // 2
    return resized[:, :, top : top + height, left : left + width]


def shorter_side_resized(batch: Tensor, side: int, interpolation: Interpolation) -> Tensor:
    """The shorter side gets `side` pixels, the longer one as many as keep the shape, rounded down."""
    height, width = batch.shape[2:]
    longer = side * max(height, width) // min(height, width)
    return interpolated(batch, *((side, longer) if height <= width else (longer, side)), interpolation)


def centre(batch: Tensor, height: int, width: int, odd_margin: OddMargin) -> Tensor:
    """The centre of the batch. Raises `BenchError` where that is too small."""
    found_height, found_width = batch.shape[2:]
    if found_height < height or found_width < width:
        raise BenchError(
            f"The centre of {height}x{width} pixels cannot be cut out of images that were resized to "
            f"{found_height}x{found_width}. Use a larger 'resize' in the input transform, or fit 'stretch'."
        )
    halved = round if odd_margin == "half-even" else math.floor
    top, left = halved((found_height - height) / 2), halved((found_width - width) / 2)
    return batch[:, :, top : top + height, left : left + width]
