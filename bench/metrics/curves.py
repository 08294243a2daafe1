"""ROC and precision-recall curves of OOD detection, for plots and for reading off operating points."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bench.errors import BenchError

from .inputs import FloatArray
from .ranking import Positive, rank_scores
from .threshold_table import ThresholdTable

Curve = tuple[FloatArray, FloatArray, FloatArray]
IndexArray = npt.NDArray[np.intp]


def roc_curve(id_scores: npt.ArrayLike, ood_scores: npt.ArrayLike, max_points: int | None = None) -> Curve:
    """Return (fpr, tpr, thresholds), each (p,), with **ID positive** and thresholds descending from infinity.

    At each threshold t, tpr = P(ID >= t) and fpr = P(OOD >= t); the curve runs from (0, 0) to (1, 1), with one point
    per distinct score. Scores: finite, larger = more in-distribution, shapes (n,) and (m,).
    `max_points` (>= 2) thins the curve for plotting: both ends stay, and neighbours differ in fpr + tpr by at most
    2 / (max_points - 1) plus one step of the full curve. Raises `BenchError` as `evaluate` does.

    >>> fpr, tpr, thresholds = roc_curve([2.0, 3.0], [1.0, 2.0])
    >>> fpr.tolist(), tpr.tolist(), thresholds.tolist()
    ([0.0, 0.0, 0.5, 1.0], [0.0, 0.5, 1.0, 1.0], [inf, 3.0, 2.0, 1.0])
    """
    table = ThresholdTable.of(rank_scores(id_scores, ood_scores).scores)
    reached_id, reached_ood = _reached(table)
    fpr, tpr = reached_ood / table.n_ood, reached_id / table.n_id
    thresholds = np.concatenate([[np.inf], table.thresholds[::-1]])
    kept = evenly_spread(fpr + tpr, max_points)
    return fpr[kept], tpr[kept], thresholds[kept]


def precision_recall_curve(
    id_scores: npt.ArrayLike, ood_scores: npt.ArrayLike, *, positive: Positive = "id", max_points: int | None = None
) -> Curve:
    """Return (precision, recall, thresholds), each (p,), recall ascending, one point per distinct score.

    With `positive="id"` an image is called positive where score >= t, and t descends; with `positive="ood"` where
    score <= t, and t ascends. No point is invented at recall 0, so `aupr_in` and `aupr_out` are
    `sum(diff(recall, prepend=0) * precision)`. Precision depends on the ratio n : m. `max_points` as in `roc_curve`.
    """
    table = ThresholdTable.of(rank_scores(id_scores, ood_scores).scores).with_positive(positive)
    true_positives, false_positives = (reached[1:] for reached in _reached(table))
    recall = true_positives / table.n_id
    precision = true_positives / (true_positives + false_positives)
    thresholds = table.thresholds[::-1] if positive == "id" else -table.thresholds[::-1]
    kept = evenly_spread(recall + false_positives / table.n_ood, max_points)
    return precision[kept], recall[kept], thresholds[kept]


def _reached(table: ThresholdTable) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """How many ID and OOD scores reach each threshold, from "above all of them" downwards."""
    return table.n_id - table.id_below[::-1], table.n_ood - table.ood_below[::-1]


def evenly_spread(position: FloatArray, max_points: int | None) -> IndexArray:
    """At most `max_points` indices, spread evenly along the ascending `position`, with the first and the last."""
    if max_points is not None and max_points < 2:
        raise BenchError(f"max_points must be at least 2 (both ends of the curve), got {max_points}.")
    if max_points is None or max_points >= position.size:
        return np.arange(position.size)
    return np.unique(np.searchsorted(position, np.linspace(position[0], position[-1], max_points)))
