"""Ways to choose a threshold on ID validation images, without any OOD data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from bench.errors import BenchError
from bench.method_contract import Scores
from bench.metrics import best_operating_point, threshold_at_tpr

ThresholdFrom = Literal["tpr", "misclassified"]
"""What a threshold is chosen by: the share of ID images that it keeps, or the wrongly classified ones among them."""


@dataclass(frozen=True)
class ThresholdChoice:
    """A threshold; the share `tpr` of ID images that was to be kept, or None; and what else is to be told of it."""

    threshold: float
    tpr: float | None
    facts: dict[str, Any] = field(default_factory=dict)


def choose_threshold(
    scores: Scores, correct: NDArray[np.bool_] | None, *, threshold_from: ThresholdFrom, tpr: float
) -> ThresholdChoice:
    """The threshold for ID validation images with `scores` (n,) and, where they have labels, `correct` (n,).

    By `tpr`, the largest score that at least that share reaches. By `misclassified`, the score with the smallest
    detection error between rightly and wrongly classified images: DeVries & Taylor 2018 (Figure 4) let the wrong ones
    stand in for OOD images. Raises `BenchError` if there are no labels, or no wrong ones, or no right ones.
    """
    if threshold_from not in get_args(ThresholdFrom):
        raise BenchError(f"A threshold is chosen from {' or '.join(get_args(ThresholdFrom))}, not '{threshold_from}'.")
    if threshold_from == "tpr":
        return ThresholdChoice(threshold_at_tpr(scores, tpr), float(tpr))
    if correct is None:
        raise BenchError("The validation images have no labels, so none is known to be misclassified. Use --tpr.")
    if correct.all() or not correct.any():
        outcome = "rightly, so none can stand in for an OOD image" if correct.all() else "wrongly"
        raise BenchError(f"All {correct.size:,} validation images are classified {outcome}. Use --tpr.")
    best = best_operating_point(scores[correct], scores[~correct])
    facts = {"right": int(correct.sum()), "wrong": int((~correct).sum()), "detection_error": best.detection_error}
    return ThresholdChoice(best.threshold, None, facts)
