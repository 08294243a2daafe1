"""Shaped features: what the last layer says of features that were clipped, pruned or scaled."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from bench.errors import BenchError
from bench.extraction.outputs import Floats
from bench.logits import log_sum_exp

from .data import Head
from .rowwise import rowwise

Matrix = NDArray[np.float64]

HIGHEST = 99.5
"""The highest percentile of pruning: up to it the exponential of the sums' ratio stays finite."""

LARGEST_RATIO = 400.0
"""The largest ratio of sums; features without negative values stay below it."""


def shaped_energy(head: Head, features: Floats, shape: Callable[[Matrix], Matrix]) -> NDArray[np.float64]:
    """Log sum_k exp(logit_k) of the features `(N, D)` after `shape`, which is given blocks of rows; `(N,)`."""

    def energies(block: slice) -> NDArray[np.float64]:
        return log_sum_exp(head.logits(shape(features[block].astype(np.float64))))

    return rowwise(len(features), sum(head.weight.shape), energies)


def checked_percentile(owner: str, value: float, highest: float = 100.0, name: str = "percentile") -> float:
    """`value` itself; raises `BenchError` where it is not between 0 and `highest`."""
    if not 0 <= value <= highest:
        raise BenchError(f"{owner}: {name} must be between 0 and {highest:g}, got {value}.")
    return value


def survivors(width: int, percentile: float) -> int:
    """How many of `width` activations are left when the lowest `percentile` percent are pruned; at least one."""
    return max(1, width - round(width * percentile / 100))


def top_mask(values: Matrix, percentile: float) -> NDArray[np.bool_]:
    """Which activations of each row `(N, D)` survive: the largest ones, and of equal ones those that come first."""
    count = survivors(values.shape[1], percentile)
    least = np.partition(values, -count, axis=1)[:, -count, None]
    mask = ~(values < least)  # all of a row with NaN, so that it stays visible
    tied = np.flatnonzero((mask.sum(axis=1) > count) & ~np.isnan(least[:, 0]))
    above, equal = ~(values[tied] <= least[tied]), values[tied] == least[tied]
    left = count - above.sum(axis=1, keepdims=True)
    mask[tied] = above | (equal & (equal.cumsum(axis=1) <= left))
    return mask


def sum_ratio(values: Matrix, percentile: float) -> NDArray[np.float64]:
    """The sum of each row `(N, D)` divided by the sum of its survivors, `(N,)`."""
    count = survivors(values.shape[1], percentile)
    top = np.partition(values, -count, axis=1)[:, -count:]
    return bounded_ratio(values.sum(axis=1), top.sum(axis=1))


def bounded_ratio(total: NDArray[np.float64], part: NDArray[np.float64]) -> NDArray[np.float64]:
    """Total / part within ±`LARGEST_RATIO`, which only features with negative values reach; 1 where both are 0."""
    ratio = np.divide(total, part, out=np.where(total == 0, 1.0, np.copysign(np.inf, total)), where=part != 0)
    return np.clip(ratio, -LARGEST_RATIO, LARGEST_RATIO)
