"""Misclassification detection: how well a confidence score tells right predictions from wrong ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .inputs import correctness_array, score_array
from .ranking import rank_checked
from .threshold_table import ThresholdTable


@dataclass(frozen=True)
class MisclassificationMetrics:
    """How well a confidence score ranks right predictions above wrong ones; all in [0, 1].

    - `auroc`: P(right > wrong) + ½ P(equal); higher is better.
    - `aupr_success`: average precision with **right predictions positive**; higher is better.
    - `aupr_error`: average precision with **wrong predictions positive** and negated confidence; higher is better.
    - `aurc`: area under the risk-coverage curve, the mean over images i of the error rate among the images whose
      confidence is at least that of i; lower is better, the error rate is chance. Geifman & El-Yaniv (2017).
    - `augrc`: area under the generalized risk-coverage curve, whose risk is the share of all images that are both
      accepted and wrong: (1 - auroc) a e + ½ e², with accuracy a and error rate e = 1 - a; lower is better, ½ e is
      chance. Traub et al. (2024).

    The first three are None when all predictions are right or all are wrong. Tied confidences are accepted or
    refused together, so the order of the images never matters.
    """

    auroc: float | None
    aupr_success: float | None
    aupr_error: float | None
    aurc: float
    augrc: float
    accuracy: float
    n_correct: int
    n_wrong: int
    warnings: tuple[str, ...]


def evaluate_misclassification(
    confidence: npt.ArrayLike, correct: npt.ArrayLike, *, context: str = ""
) -> MisclassificationMetrics:
    """Compare `confidence` (n,), finite, larger = surer, with `correct` (n,), true where the prediction was right.

    Raises `BenchError` for bad input as `bench.metrics.evaluate` does; `context` is named in those messages.

    >>> evaluate_misclassification([0.9, 0.8, 0.7, 0.6], [True, True, False, True]).auroc
    0.6666666666666666
    """
    scores = score_array(confidence, "confidences", context)
    right = correctness_array(correct, scores.size)
    ranking = rank_checked(scores[right], scores[~right])
    table = ThresholdTable.of(ranking.scores)
    n_correct, n_wrong = ranking.n_id, ranking.n_ood
    both = n_correct > 0 and n_wrong > 0
    return MisclassificationMetrics(
        auroc=ranking.auroc() if both else None,
        aupr_success=ranking.id_steps.average_precision() if both else None,
        aupr_error=ranking.ood_steps.average_precision() if both else None,
        aurc=_aurc(table),
        augrc=_augrc(table),
        accuracy=n_correct / scores.size,
        n_correct=n_correct,
        n_wrong=n_wrong,
        warnings=() if both else (f"all predictions are {'right' if n_correct else 'wrong'}: nothing to detect",),
    )


def _aurc(table: ThresholdTable) -> float:
    wrong = table.n_ood - table.ood_below[:-1]
    accepted = wrong + table.n_id - table.id_below[:-1]
    return float(np.sum((table.id_at + table.ood_at) * (wrong / accepted))) / (table.n_id + table.n_ood)


def _augrc(table: ThresholdTable) -> float:
    """Area under the generalized risk by trapezoids, counted in integers; equals the formula in the class docstring."""
    total = table.n_id + table.n_ood
    wrong = table.n_ood - table.ood_below
    twice_area = int(np.dot(table.id_at + table.ood_at, wrong[:-1] + wrong[1:]))
    return twice_area / (2 * total**2)
