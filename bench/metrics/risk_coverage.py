"""The risk-coverage curve: how often a classifier errs when it may refuse the images it is least sure of."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .curves import evenly_spread
from .inputs import FloatArray, correctness_array, score_array
from .ranking import rank_checked
from .threshold_table import ThresholdTable

RiskCoverage = tuple[FloatArray, FloatArray, FloatArray]


def risk_coverage_curve(
    confidence: npt.ArrayLike, correct: npt.ArrayLike, max_points: int | None = None
) -> RiskCoverage:
    """Return (coverage, risk, thresholds), each (p,), one point per distinct confidence, coverage ascending to 1.

    At each threshold t the images with a confidence of at least t are accepted: coverage is their share of all images,
    risk the share of wrong predictions among them; both in (0, 1] and [0, 1]. The mean of the risk over images, each
    at its own confidence, is `aurc`. `confidence` (n,), finite, larger = surer; `correct` (n,). `max_points` (>= 2)
    thins the curve evenly along the coverage, with both ends. Raises `BenchError` as `evaluate_misclassification` does.

    >>> coverage, risk, _ = risk_coverage_curve([0.9, 0.8, 0.7, 0.6], [True, True, False, True])
    >>> coverage.tolist(), risk.round(3).tolist()
    ([0.25, 0.5, 0.75, 1.0], [0.0, 0.0, 0.333, 0.25])
    """
    scores = score_array(confidence, "confidences")
    right = correctness_array(correct, scores.size)
    table = ThresholdTable.of(rank_checked(scores[right], scores[~right]).scores)
    wrong = (table.n_ood - table.ood_below[:-1])[::-1]
    accepted = wrong + (table.n_id - table.id_below[:-1])[::-1]
    kept = evenly_spread(accepted / scores.size, max_points)
    return accepted[kept] / scores.size, wrong[kept] / accepted[kept], table.thresholds[::-1][kept]


def ideal_risk(coverage: npt.ArrayLike, accuracy: float) -> FloatArray:
    """The risk of a confidence that ranks every right prediction above every wrong one, at `coverage` (p,) in (0, 1].

    It is 0 up to a coverage of `accuracy`, and 1 - accuracy / coverage beyond; no confidence can do better.

    >>> ideal_risk([0.5, 0.8, 1.0], 0.8).round(3).tolist()
    [0.0, 0.0, 0.2]
    """
    return np.maximum(0.0, 1 - accuracy / np.asarray(coverage, np.float64))
