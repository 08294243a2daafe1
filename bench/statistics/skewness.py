"""Intervals of figures whose distribution leans to one side, such as areas near 1."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import ndtri

from .interval import Interval


def unskewed_interval(estimate: float, variance: float, skewness: float, alpha: float) -> Interval:
    """The interval of a figure with this variance and skewness, with an error probability of `alpha`, within [0, 1].

    Hall 1992, *On the removal of skewness by transformation*: the studentised figure is turned into a nearly normal one
    by a monotone cubic, whose inverse gives the ends.
    """
    normal = float(ndtri(1 - alpha / 2))
    low, high = (estimate - math.sqrt(variance) * _inverse(sign * normal, skewness) for sign in (1, -1))
    return Interval(min(max(low, 0.0), 1.0), min(max(high, 0.0), 1.0))


def _inverse(quantile: float, skewness: float) -> float:
    """The quantile of the studentised figure for that of a normal variable: the inverse of Hall's cubic."""
    if abs(skewness) < 1e-8:
        return quantile
    return 3 / skewness * (float(np.cbrt(1 + skewness * (quantile - skewness / 6))) - 1)
