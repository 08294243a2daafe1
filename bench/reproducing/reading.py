"""The figure that a row of results has for a metric of a paper, in the paper's reading."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from bench.errors import UnknownNameError
from bench.metrics import evaluate, evaluate_misclassification
from bench.report import CellScores

OOD_METRICS = (
    "auroc",
    "fpr_at_95_tpr",
    "fpr_at_95_tpr_ood",
    "fpr_at_95_tpr_band",
    "detection_error",
    "aupr_in",
    "aupr_out",
    "mean_probability_ood",
)
"""Metrics of ID against OOD images. `mean_probability_ood` is the mean of exp(score), of scores that are logarithms of
probabilities."""

ID_METRICS = (
    "id_accuracy",
    "classification_error",
    "misclassification_auroc",
    "misclassification_aupr_success",
    "misclassification_aupr_error",
    "mean_probability_wrong",
)
"""Metrics of the ID test images alone, the same whatever the OOD set."""

METRICS = (*OOD_METRICS, *ID_METRICS)


def read(
    metric: str, row: Mapping[str, Any], scores: Callable[[], CellScores], *, only_correct: bool = False
) -> float | None:
    """The metric of one result, a fraction; None where it is undefined.

    With `only_correct`, misclassified ID images are left out of the metrics of ID against OOD. Raises
    `UnknownNameError` for an unknown metric.
    """
    if metric not in METRICS:
        raise UnknownNameError("metric", metric, METRICS)
    if metric in ("id_accuracy", "classification_error"):
        accuracy: float | None = row["id_accuracy"]
        return accuracy if metric == "id_accuracy" or accuracy is None else 1 - accuracy
    if metric == "mean_probability_ood":
        return float(np.exp(scores().ood_scores).mean())
    if metric in ID_METRICS:
        return _of_id(metric, scores())
    if only_correct:
        found = scores()
        row = asdict(evaluate(found.id_scores[_correct(found)], found.ood_scores))
    value: float | None = row[metric]
    return value


def _of_id(metric: str, scores: CellScores) -> float | None:
    correct = _correct(scores)
    if metric == "mean_probability_wrong":
        wrong = np.exp(scores.id_scores[~correct])
        return float(wrong.mean()) if len(wrong) else None
    found = evaluate_misclassification(scores.id_scores, correct)
    value: float | None = getattr(found, metric.removeprefix("misclassification_"))
    return value


def _correct(scores: CellScores) -> np.ndarray[Any, np.dtype[np.bool_]]:
    return np.ones(len(scores.id_scores), dtype=bool) if scores.id_correct is None else scores.id_correct
