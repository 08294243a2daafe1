"""Random crop, flip and Cutout on a whole batch at once, in distribution equal to the per-image definitions."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from .recipe import Augmentation


def pad_images(unit: Tensor, augmentation: Augmentation) -> Tensor:
    """Images `(N, H, W, C)` with the black border that `crop` cuts from."""
    side = augmentation.crop_padding
    return F.pad(unit, (0, 0, side, side, side, side))


def crop_and_flip(padded: Tensor, chosen: Tensor, augmentation: Augmentation, generator: torch.Generator) -> Tensor:
    """A batch `(B, H, W, C)`: the `chosen` `(B,)` images of `padded` `(N, H + 2p, W + 2p, C)`, cropped and flipped."""
    count, padding = len(chosen), augmentation.crop_padding
    if padding == 0 and not augmentation.flip:
        return padded[chosen]
    height, width = padded.shape[1] - 2 * padding, padded.shape[2] - 2 * padding
    corner = torch.randint(2 * padding + 1, (2, count, 1), generator=generator)
    rows = corner[0] + torch.arange(height)
    columns = torch.arange(width).expand(count, -1)
    if augmentation.flip:
        mirrored = torch.rand(count, 1, generator=generator) < 0.5
        columns = torch.where(mirrored, width - 1 - columns, columns)
    columns = corner[1] + columns
    flat = (
        rows[:, :, None] * padded.shape[2]
        + columns[:, None, :]
        + chosen.cpu()[:, None, None] * padded[0, :, :, 0].numel()
    )
    pixels = padded.flatten(0, 2).index_select(0, flat.flatten().to(padded.device))
    return pixels.view(count, height, width, -1)


def cutout(images: Tensor, augmentation: Augmentation, generator: torch.Generator) -> Tensor:
    """Normalised images `(B, C, H, W)` with one square of zeros in some of them."""
    if augmentation.cutout == 0:
        return images
    count, _, height, width = images.shape
    hit = torch.rand(count, 1, generator=generator) < augmentation.cutout_probability
    rows = _near_centre(height, count, augmentation.cutout, generator) & hit
    columns = _near_centre(width, count, augmentation.cutout, generator)
    keep = ~(rows[:, None, :, None] & columns[:, None, None, :])
    return images * keep.to(images.device)


def _near_centre(length: int, count: int, side: int, generator: torch.Generator) -> Tensor:
    start = torch.randint(length, (count, 1), generator=generator) - side // 2
    place = torch.arange(length)
    return (place >= start) & (place < start + side)
