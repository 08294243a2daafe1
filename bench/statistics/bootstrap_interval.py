"""Intervals from a metric's values in resamples."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from bench.metrics import OODMetrics
from bench.metrics.inputs import FloatArray

from .interval import CONFIDENCE, Interval, checked_confidence
from .separation import (
    average_precision_of_separated,
    detection_error_by_curves,
    detection_error_of_separated,
    rate_after_none,
)
from .skewness import unskewed_interval

MOST_UNDEFINED = 0.05


def percentile_interval(replicates: npt.ArrayLike, confidence: float = CONFIDENCE) -> Interval | None:
    """The range of the middle share `confidence` of the values `(r,)`; None where more than 5 % are NaN, undefined."""
    alpha = 1 - checked_confidence(confidence)
    values = np.asarray(replicates, np.float64)
    if np.isnan(values).mean() > MOST_UNDEFINED:
        return None
    low, high = np.nanquantile(values, [alpha / 2, 1 - alpha / 2])
    return Interval(float(low), float(high))


def metric_interval(
    name: str, metrics: OODMetrics, replicates: FloatArray, confidence: float = CONFIDENCE
) -> Interval | None:
    """The interval of the metric called `name`, which has the given values in resamples; None where it is undefined.

    For all metrics that have no interval of their own (the AUROC, false-positive rates). Areas and the detection error
    lean to one side, so that percentiles hold the truth in 78 to 95 % of sets instead of 95; variance and skewness over
    resamples do better. Of the band they are percentiles. Figures that are perfect, and so have no other value in any
    resample, are bounded on one side (see `separation`).
    """
    alpha = 1 - checked_confidence(confidence)
    estimate = getattr(metrics, name)
    if estimate is None:
        return None
    perfect = _bound_of_perfect(name, estimate, metrics.n_id, metrics.n_ood, alpha)
    if perfect is not None:
        return perfect
    if name == "fpr_at_95_tpr_band":
        return percentile_interval(replicates, confidence)
    if replicates.min() < replicates.max():
        return _from_moments(name, estimate, replicates, alpha)
    if name == "detection_error":
        return detection_error_by_curves(estimate, metrics.n_id, metrics.n_ood, alpha)
    return Interval(0.0, 1.0)  # nothing is known of it


def _from_moments(name: str, estimate: float, replicates: FloatArray, alpha: float) -> Interval:
    """The detection error, a minimum, comes out too small: in resamples of the sets by as much as in the sets
    themselves.
    """
    centred = replicates - replicates.mean()
    variance = float(np.mean(centred**2))
    bias = float(replicates.mean()) - estimate if name == "detection_error" else 0.0
    found = unskewed_interval(estimate - bias, variance, float(np.mean(centred**3)) / variance**1.5, alpha)
    most = 0.5 if name == "detection_error" else 1.0
    return Interval(min(found.low, most), min(found.high, most))


def _bound_of_perfect(name: str, estimate: float, n: int, m: int, alpha: float) -> Interval | None:
    if name == "fpr_at_95_tpr_band" and estimate == 0:
        return Interval(0.0, rate_after_none(m, alpha))
    if name == "detection_error" and estimate == 0:
        return Interval(0.0, detection_error_of_separated(n, m, alpha))
    if name in ("aupr_in", "aupr_out") and math.isclose(estimate, 1, abs_tol=1e-12):
        positives, negatives = (n, m) if name == "aupr_in" else (m, n)
        return Interval(average_precision_of_separated(positives, negatives, alpha), 1.0)
    return None
