"""Traces of resizing and of JPEG's blocks: regular ups and downs of how much neighbouring pixels differ.

Interpolated pixels lie nearer to the line between their neighbours, so the mean size of the second derivative along the
rows is periodic where an image was enlarged, and where it was compressed in blocks (Gallagher 2005). Reducing an image
with a filter leaves no period, but takes high frequencies away, which `high-frequency energy` measures.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

CYCLE = 24
"""Profiles are cut to a multiple of this, so that the periods 2, 3, 4, 6, 8 and 12 fall on one frequency each."""

LONGEST_PERIOD = 12
NEIGHBOURS = 2
REMARKABLE = 1.5
"""The prominence from which on a period is told of; validated in `benchmarks/audit_duplicates.py`."""


@dataclass(frozen=True)
class Periodicity:
    """The most prominent period in pixels, and how far its magnitude exceeds the median of its neighbours' (1: not)."""

    period: float
    prominence: float

    @property
    def remarkable(self) -> bool:
        """Whether the set shows traces of enlarging or of blocks."""
        return self.prominence >= REMARKABLE


def profile_magnitudes(grey: Tensor) -> NDArray[np.float64] | None:
    """Magnitudes `(F,)`, summed over the images `(B, H, W)`, of the profiles of second derivatives along both axes.

    None for images that are too small for that.
    """
    total: NDArray[np.float64] | None = None
    for axis in (1, 2):
        profile = grey.diff(n=2, dim=axis).abs().mean(3 - axis).double().numpy()
        length = profile.shape[1] // CYCLE * CYCLE
        if length == 0 or (total is not None and length // 2 + 1 != len(total)):
            return total
        profile = profile[:, :length]
        relative = profile / np.maximum(profile.mean(1, keepdims=True), 1e-6)
        magnitudes = np.abs(np.fft.rfft(relative, axis=1)).sum(0)
        total = magnitudes if total is None else total + magnitudes
    return total


def periodicity(magnitudes: NDArray[np.float64] | None) -> Periodicity | None:
    """The most prominent period of at most 12 pixels; None where there are no magnitudes."""
    if magnitudes is None or not magnitudes[1:].any():
        return None
    last = len(magnitudes) - 1
    length = 2 * last
    best = Periodicity(0.0, 0.0)
    for place in range(max(1, length // LONGEST_PERIOD), last + 1):
        around = [one for one in range(place - NEIGHBOURS, place + NEIGHBOURS + 1) if 1 <= one <= last and one != place]
        prominence = float(magnitudes[place] / max(np.median(magnitudes[around]), 1e-12))
        if prominence > best.prominence:
            best = Periodicity(length / place, prominence)
    return best
