"""The images of a set as the network would be shown them: sized, coloured, in [0, 1]."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bench.data.dataset import DataSet
from bench.data.images import Images
from bench.seeds import derived_seed

if TYPE_CHECKING:
    from bench.data.transform import InputTransform

BLOCK = 256
"""How many images are held as floating point at a time."""


def transform_for(data_set: DataSet, images: Images) -> InputTransform:
    """The input transform, without normalisation, of a network trained on the set.

    Where none is known it is one that takes the images as the first of `images` is.
    """
    from bench.data.transform import InputTransform

    known = data_set.training_transform()
    if known is not None:
        height, width, channels, fit = known.height, known.width, known.channels, known.fit
    else:
        first = images.read(np.arange(1))[0]
        (height, width), fit = first.shape[:2], "crop"
        channels = 1 if first.ndim == 2 or first.shape[2] < 3 else 3
    return InputTransform(height, width, channels, (0.0,) * channels, (1.0,) * channels, fit=fit)


def sample(images: Images, limit: int, seed: int, purpose: str) -> Images:
    """`limit` images drawn with an addressed seed, in their order; all where there are no more."""
    if len(images) <= limit:
        return images
    stream = np.random.default_rng(derived_seed(seed, "audit", purpose))
    return images.take(np.sort(stream.choice(len(images), limit, replace=False)))
