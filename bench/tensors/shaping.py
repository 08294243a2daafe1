"""Shaped features in torch: the twins of `bench.fitting.shaping`."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from bench.fitting.shaping import LARGEST_RATIO, survivors


def top_mask(values: Tensor, percentile: float) -> Tensor:
    """Which activations of each row `(N, D)` survive: the largest ones, and of equal ones those that come first."""
    count = survivors(values.shape[1], percentile)
    least = values.topk(count, dim=1).values[:, -1:]
    above, equal = values > least, values == least
    left = count - above.sum(1, keepdim=True)
    mask = above | (equal & (equal.cumsum(1) <= left))
    return mask | least.isnan()  # all of a row with NaN, so that it stays visible


def sum_ratio(values: Tensor, percentile: float) -> Tensor:
    """The sum of each row `(N, D)` divided by the sum of its survivors, `(N,)`."""
    top = values.topk(survivors(values.shape[1], percentile), dim=1).values
    return bounded_ratio(values.sum(1), top.sum(1))


def bounded_ratio(total: Tensor, part: Tensor) -> Tensor:
    """Total / part within ±`LARGEST_RATIO`; 1 where both are 0."""
    lone = torch.where(total == 0, 1.0, torch.where(total > 0, math.inf, -math.inf))
    ratio = torch.where(part != 0, total / torch.where(part != 0, part, 1.0), lone)
    return ratio.clamp(-LARGEST_RATIO, LARGEST_RATIO)
