"""Random crop, flip and Cutout on a whole batch at once, in distribution equal to the per-image definitions.

Random numbers are drawn for the whole batch, of which `part` is made: so it does not matter who makes the rest.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from .recipe import Augmentation

ALL = slice(None)
"""The part of a batch that is all of it."""


def pad_images(unit: Tensor, augmentation: Augmentation) -> Tensor:
    """Images `(N, H, W, C)` with the black border that `crop` cuts from."""
    side = augmentation.crop_padding
    return F.pad(unit, (0, 0, side, side, side, side))


def crop_and_flip(
    padded: Tensor,
    chosen: Tensor,
    augmentation: Augmentation,
    generator: torch.Generator,
    part: slice = ALL,
) -> Tensor:
    """A batch `(B, H, W, C)`: the `chosen` `(B,)` images of `padded` `(N, H + 2p, W + 2p, C)`, cropped and flipped."""
    count, padding = len(chosen), augmentation.crop_padding
    if padding == 0 and not augmentation.flip:
        return padded[chosen[part]]
    height, width = padded.shape[1] - 2 * padding, padded.shape[2] - 2 * padding
    corner = torch.randint(2 * padding + 1, (2, count, 1), generator=generator)[:, part]
    rows = corner[0] + torch.arange(height)
    columns = torch.arange(width).expand(corner.shape[1], -1)
    if augmentation.flip:
        mirrored = torch.rand(count, 1, generator=generator)[part] < 0.5
        columns = torch.where(mirrored, width - 1 - columns, columns)
    columns = corner[1] + columns
    flat = (
        rows[:, :, None] * padded.shape[2]
        + columns[:, None, :]
        + chosen.cpu()[part, None, None] * padded[0, :, :, 0].numel()
    )
    pixels = padded.flatten(0, 2).index_select(0, flat.flatten().to(padded.device))
    return pixels.view(corner.shape[1], height, width, padded.shape[3])


def cutout(
    images: Tensor, augmentation: Augmentation, generator: torch.Generator, count: int | None = None, part: slice = ALL
) -> Tensor:
    """Normalised images `(B, C, H, W)` with one square of zeros in some of them.

    They are the `part` of a batch of `count` images (default: all of it).
    """
    if augmentation.cutout == 0:
        return images
    count, height, width = len(images) if count is None else count, *images.shape[2:]
    hit = torch.rand(count, 1, generator=generator) < augmentation.cutout_probability
    rows = _near_centre(height, count, augmentation.cutout, generator) & hit
    columns = _near_centre(width, count, augmentation.cutout, generator)
    keep = ~(rows[part, None, :, None] & columns[part, None, None, :])
    return images * keep.to(images.device)


def _near_centre(length: int, count: int, side: int, generator: torch.Generator) -> Tensor:
    start = torch.randint(length, (count, 1), generator=generator) - side // 2
    place = torch.arange(length)
    return (place >= start) & (place < start + side)
