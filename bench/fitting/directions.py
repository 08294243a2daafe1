"""Features divided by their lengths."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .blocks import blocks

Doubles = NDArray[np.float64]


def inverse_lengths(features: NDArray[Any]) -> Doubles:
    """1 / the length of each feature `(N,)`, in float64; 0 for a feature of zeros, which has no direction."""
    lengths = np.empty(len(features))
    for block in blocks(len(features), features.shape[1]):
        lengths[block] = np.linalg.norm(features[block].astype(np.float64), axis=1)
    return np.divide(1.0, lengths, out=np.zeros(len(lengths)), where=lengths != 0)


def directions(features: NDArray[Any]) -> Doubles:
    """Each feature divided by its length, in float64; those of zeros stay."""
    return features.astype(np.float64) * inverse_lengths(features)[:, None]
