"""The metrics of one method on the predictions of one network."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.metrics import brier_score, detection_error, evaluate_misclassification, expected_calibration_error

BINS = 15
"""Bins of the calibration error, as in Guo et al. 2017; the number stands in the metrics' names."""


def prediction_metrics(
    scores: NDArray[np.float64],
    probabilities: NDArray[np.float64] | None,
    correct: NDArray[np.bool_],
    *,
    context: str = "",
) -> dict[str, Any]:
    """Misclassification metrics of `scores` (n,) and calibration of `probabilities` (n,), by the names of the columns.

    `correct` (n,) says which predictions are right. AUROC, both AUPRs and the detection error are None where all or
    none are; calibration is None without probabilities. Raises `NonFiniteScoresError` that names `context`.
    """
    found = evaluate_misclassification(scores, correct, context=context)
    both = found.auroc is not None
    return {
        "n_correct": found.n_correct,
        "n_wrong": found.n_wrong,
        "id_accuracy": found.accuracy,
        "auroc": found.auroc,
        "aupr_success": found.aupr_success,
        "aupr_error": found.aupr_error,
        "aurc": found.aurc,
        "augrc": found.augrc,
        "detection_error": detection_error(scores[correct], scores[~correct]) if both else None,
        **_calibration(probabilities, correct),
        "warnings": list(found.warnings),
    }


def _calibration(probabilities: NDArray[np.float64] | None, correct: NDArray[np.bool_]) -> dict[str, float | None]:
    if probabilities is None:
        return {"ece_15": None, "ece_15_adaptive": None, "brier": None}
    return {
        "ece_15": expected_calibration_error(probabilities, correct, n_bins=BINS),
        "ece_15_adaptive": expected_calibration_error(probabilities, correct, n_bins=BINS, binning="adaptive"),
        "brier": brier_score(probabilities, correct),
    }
