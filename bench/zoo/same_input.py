"""Whether an input transform makes what a library's own preprocessing makes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from bench.data.transform import InputTransform
from bench.errors import BenchError

Preprocess = Callable[[Image.Image], Tensor]
"""A library's own preprocessing: an image to the network's input `(C, H, W)`."""

MEAN_LEVELS, MOST_LEVELS = 1.0, 8.0
"""By how many of 256 grey levels the two may differ, on average and (but for a pixel in a thousand) at most.

Libraries round to whole levels once or twice on the way, and this project does not.
"""

SHORTER = 280
"""The shorter side of the images that are compared."""


def require_same_input(transform: InputTransform, preprocess: Preprocess, whose: str) -> None:
    """Raise `BenchError` unless the two make the same of two made-up images, up to rounding."""
    for height, width in _shapes(transform):
        pixels = _picture(height, width)
        ours, theirs = transform(pixels[None])[0], preprocess(Image.fromarray(pixels)).float()
        if ours.shape != theirs.shape:
            raise _differs(whose, f"it makes tensors of shape {tuple(theirs.shape)}, not {tuple(ours.shape)}")
        std = torch.tensor(transform.std).view(-1, 1, 1)
        levels = ((ours - theirs) * std * 255).abs().flatten()
        mean, most = float(levels.mean()), float(levels.quantile(0.999)) if len(levels) < 2**24 else float(levels.max())
        if not (mean <= MEAN_LEVELS and most <= MOST_LEVELS):
            raise _differs(whose, f"a made-up image comes out differently, by {mean:.1f} of 256 grey levels on average")


def _shapes(transform: InputTransform) -> list[tuple[int, int]]:
    """A lying and a standing image, whose margins do not show the centre alike wherever half of them is rounded to."""

    def longer(crop: int) -> int:
        sides = range(SHORTER + 111, SHORTER + 1000)
        if transform.resize is None or transform.fit != "crop":
            return sides[0]
        return next((one for one in sides if (transform.resize * one // SHORTER - crop) % 4 == 3), sides[0])

    return [(SHORTER, longer(transform.width)), (longer(transform.height), SHORTER)]


def _differs(whose: str, how: str) -> BenchError:
    return BenchError(
        f"{whose} is none that can be imitated here: {how}. Describe the input that the network takes in a file, and "
        "give it with --transform FILE.toml."
    )


def _picture(height: int, width: int) -> NDArray[np.uint8]:
    """Coarse and fine structure in all three colours, the same each time."""
    stream = np.random.default_rng(0)
    coarse = stream.uniform(0, 255, (9, 13, 3)).astype(np.uint8)
    smooth = np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC), np.float64)
    fine = stream.normal(0, 12, (height, width, 3))
    return (smooth + fine).clip(0, 255).astype(np.uint8)
