"""Metrics of OOD detection, misclassification detection and calibration: one exact definition each.

Scores are larger for more in-distribution images. `evaluate` computes every OOD metric from one sort; the single
functions are there for those who want one. The definitions are in the docstrings.
"""

from __future__ import annotations

from .accuracy import accuracy
from .calibration import ReliabilityDiagram, brier_score, expected_calibration_error, reliability_diagram
from .curves import precision_recall_curve, roc_curve
from .evaluation import OODMetrics, evaluate, fpr_name
from .misclassification import MisclassificationMetrics, evaluate_misclassification
from .ood import (
    aupr_in,
    aupr_out,
    auroc,
    detection_error,
    fpr_at_95_tpr_band,
    fpr_at_tpr,
    threshold_at_tpr,
    tie_share,
)
from .operating_point import OperatingPoint, best_operating_point, detection_error_at, detection_error_curve
from .risk_coverage import ideal_risk, risk_coverage_curve
from .score_files import read_scores

__all__ = [
    "MisclassificationMetrics",
    "OODMetrics",
    "OperatingPoint",
    "ReliabilityDiagram",
    "accuracy",
    "aupr_in",
    "aupr_out",
    "auroc",
    "best_operating_point",
    "brier_score",
    "detection_error",
    "detection_error_at",
    "detection_error_curve",
    "evaluate",
    "evaluate_misclassification",
    "expected_calibration_error",
    "fpr_at_95_tpr_band",
    "fpr_at_tpr",
    "fpr_name",
    "ideal_risk",
    "precision_recall_curve",
    "read_scores",
    "reliability_diagram",
    "risk_coverage_curve",
    "roc_curve",
    "threshold_at_tpr",
    "tie_share",
]
