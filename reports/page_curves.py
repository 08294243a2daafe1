"""Curves thinned to what can be seen: no drawn line moves by more than about a pixel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.metrics import risk_coverage_curve, roc_curve
from bench.metrics.curves import evenly_spread
from bench.report import CellScores

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

TOLERANCE = 1 / 800
"""How far a left-out point may lie from the drawn line, as a share of the panel's side."""

MOST_POINTS = 300
"""A curve that needs more is drawn with twice the tolerance, and so on."""


def roc_counts(scores: CellScores) -> tuple[Whole, Whole]:
    """How many ID and how many OOD images are called ID at the thresholds that a drawing needs, both ascending.

    Every kept point is exact. What is left out lies within `TOLERANCE` of the lines between kept points in all four
    drawings: ROC, ROC with logarithmic FPR, and precision-recall with ID or with OOD as positive.
    """
    n, m = scores.id_scores.size, scores.ood_scores.size
    fpr, tpr, _ = roc_curve(scores.id_scores, scores.ood_scores)
    log_fpr = np.log10(np.maximum(np.rint(fpr * m), 0.5))
    rough = np.union1d(evenly_spread(fpr + tpr, 2400), evenly_spread(log_fpr + tpr, 1200))
    fpr, tpr = fpr[rough], tpr[rough]
    kept = thinned(_drawings(fpr, tpr, log_fpr[rough], n, m))
    return np.rint(tpr[kept] * n).astype(np.int64), np.rint(fpr[kept] * m).astype(np.int64)


def risk_points(scores: Floats, correct: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Coverage and risk, the surest images first, as a drawing needs them."""
    coverage, risk, _ = risk_coverage_curve(scores, correct, 2000)
    kept = thinned([np.stack([coverage, risk / max(float(risk.max()), 1e-12)], axis=1)])
    return coverage[kept], risk[kept]


def _drawings(fpr: Floats, tpr: Floats, log_fpr: Floats, n: int, m: int) -> list[Floats]:
    span = float(np.log10(m)) - float(np.log10(0.5))
    called_id, called_ood = tpr * n + fpr * m, (1 - tpr) * n + (1 - fpr) * m
    precision_in = np.divide(tpr * n, called_id, out=np.ones_like(tpr), where=called_id > 0)
    precision_out = np.divide((1 - fpr) * m, called_ood, out=np.ones_like(tpr), where=called_ood > 0)
    pairs = ((fpr, tpr), (log_fpr / span, tpr), (tpr, precision_in), (1 - fpr, precision_out))
    return [np.stack(pair, axis=1) for pair in pairs]


def thinned(drawings: Sequence[Floats]) -> NDArray[np.intp]:
    """The places of the points `(p, 2)`, the same in each drawing, that are enough for all of them.

    Ramer 1972, Douglas & Peucker 1973: the point that is farthest from the line between its kept neighbours is kept,
    until none is farther than the tolerance.
    """
    tolerance = TOLERANCE
    while (kept := _within(drawings, tolerance)).size > MOST_POINTS:
        tolerance *= 2
    return kept


def _within(drawings: Sequence[Floats], tolerance: float) -> NDArray[np.intp]:
    last = len(drawings[0]) - 1
    kept, waiting = {0, last}, [(0, last)]
    while waiting:
        start, end = waiting.pop()
        if end - start < 2:
            continue
        distance = np.max([_distances(points, start, end) for points in drawings], axis=0)
        farthest = int(distance.argmax())
        if distance[farthest] > tolerance:
            middle = start + 1 + farthest
            kept.add(middle)
            waiting += [(start, middle), (middle, end)]
    return np.array(sorted(kept), np.intp)


def _distances(points: Floats, start: int, end: int) -> Floats:
    """Of the points between two others, the distance from the line that joins these."""
    along, offset = points[end] - points[start], points[start + 1 : end] - points[start]
    length = float(along @ along)
    share = np.clip(offset @ along / length, 0, 1) if length > 0 else np.zeros(len(offset))
    apart = offset - share[:, None] * along
    return np.asarray(np.sqrt((apart**2).sum(axis=1)))


def steps(values: Whole) -> list[int]:
    """The first value and the differences after it: shorter to write than the values."""
    return [int(value) for value in np.diff(values, prepend=0)]


def rounded(values: Any, decimals: int = 5) -> list[float]:
    """The values with so many decimals."""
    return [round(float(value), decimals) for value in values]
