"""Traces of resizing and of JPEG's blocks: regular ups and downs of how much neighbouring pixels differ.

Interpolated pixels lie nearer to the line between their neighbours, so the mean size of derivatives along the rows is
periodic where an image was enlarged, and where it was compressed in blocks (Gallagher 2005, of the second derivative;
doubling the size shows in the first alone). Reducing an image with a filter leaves no period, but takes high
frequencies away, which `high-frequency energy` measures.
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
    """Magnitudes `(2, F)`, summed over the images `(B, H, W)`, of the profiles of first and second derivatives.

    A profile is the mean along the rows, or columns, and relative to its own mean. None for images below 26 pixels.
    """
    length = (min(grey.shape[1:]) - 2) // CYCLE * CYCLE
    if length <= 0:
        return None
    found = [sum(_magnitudes(grey, axis, order, length) for axis in (1, 2)) for order in (1, 2)]
    return np.stack(found)


def _magnitudes(grey: Tensor, axis: int, order: int, length: int) -> NDArray[np.float64]:
    profile = grey.diff(n=order, dim=axis).abs().mean(3 - axis)[:, :length].double().numpy()
    relative = profile / np.maximum(profile.mean(1, keepdims=True), 1e-6)
    magnitudes: NDArray[np.float64] = np.abs(np.fft.rfft(relative, axis=1)).sum(0)
    return magnitudes


def periodicity(magnitudes: NDArray[np.float64] | None) -> Periodicity | None:
    """The most prominent period of at most 12 pixels in either derivative; None where there are no magnitudes."""
    if magnitudes is None or not magnitudes[:, 1:].any():
        return None
    return max((_most_prominent(one) for one in magnitudes), key=lambda one: one.prominence)


def _most_prominent(magnitudes: NDArray[np.float64]) -> Periodicity:
    last = len(magnitudes) - 1
    best = Periodicity(0.0, 0.0)
    for place in range(2 * last // LONGEST_PERIOD, last + 1):
        around = [one for one in range(place - NEIGHBOURS, place + NEIGHBOURS + 1) if 1 <= one <= last and one != place]
        prominence = float(magnitudes[place] / max(np.median(magnitudes[around]), 1e-12))
        if prominence > best.prominence:
            best = Periodicity(2 * last / place, prominence)
    return best
