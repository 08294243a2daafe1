"""Means and covariances of rows that are read block by block, and Gaussians with one covariance each."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from bench.errors import BenchError

from .blocks import blocks

Doubles = NDArray[np.float64]

MOST_ELEMENTS = 2**27
"""How many numbers the covariances of all Gaussians may have: 1 GB."""


def mean_and_covariance(rows: int, width: int, read: Callable[[slice], Doubles]) -> tuple[Doubles, Doubles]:
    """The mean `(width,)` and the covariance `(width, width)`, divided by N, of N `rows`, of which `read` gives some.

    Sums are taken around the mean of the first block, so that differences of large numbers lose nothing.
    """
    origin, total, scatter = np.zeros(width), np.zeros(width), np.zeros((width, width))
    for block in blocks(rows, 2 * width):
        part = read(block)
        origin = part.mean(0) if block.start == 0 else origin
        centred = part - origin
        total += centred.sum(0)
        scatter += centred.T @ centred
    shift = total / rows
    return origin + shift, scatter / rows - np.outer(shift, shift)


def require_room(name: str, gaussians: int, num_features: int, remedy: str) -> None:
    """Raise `BenchError` where so many covariances do not fit into memory."""
    if gaussians > 1 and gaussians * num_features**2 > MOST_ELEMENTS:
        raise BenchError(
            f"{name} would need {gaussians} covariances of {num_features} x {num_features} features, "
            f"{8e-9 * gaussians * num_features**2:.0f} GB; {remedy}."
        )
