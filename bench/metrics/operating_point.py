"""Detection error at every threshold, the threshold where it is smallest, and what a threshold costs elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .inputs import FloatArray, score_array
from .ranking import rank_scores
from .threshold_table import ThresholdTable


@dataclass(frozen=True)
class OperatingPoint:
    """A threshold t, which calls ID what scores at least t, and its detection error ½ P(ID < t) + ½ P(OOD >= t)."""

    threshold: float
    detection_error: float


def detection_error_curve(id_scores: npt.ArrayLike, ood_scores: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return (thresholds, errors), each (p,): the detection error at each distinct score, thresholds ascending.

    Between two thresholds the error is that of the larger one; above the last everything is called OOD, and the error
    is 0.5. Scores: finite, larger = more in-distribution, shapes (n,) and (m,). Raises `BenchError` as `evaluate` does.

    >>> thresholds, errors = detection_error_curve([2.0, 3.0], [1.0, 2.0])
    >>> thresholds.tolist(), errors.tolist()
    ([1.0, 2.0, 3.0], [0.5, 0.25, 0.25])
    """
    table = ThresholdTable.of(rank_scores(id_scores, ood_scores).scores)
    # Integers make equal errors equal; a sum of two rounded shares would not.
    twice = table.id_below[:-1] * table.n_ood + (table.n_ood - table.ood_below[:-1]) * table.n_id
    return table.thresholds, twice / (2 * table.n_id * table.n_ood)


def best_operating_point(id_scores: npt.ArrayLike, ood_scores: npt.ArrayLike) -> OperatingPoint:
    """The threshold of the smallest detection error; of equal ones the smallest, which calls the most images ID.

    Its error is `detection_error`, unless that is the 0.5 of calling everything OOD too. With wrongly classified ID
    images in the place of OOD ones a threshold is chosen without any OOD data (DeVries & Taylor 2018, Figure 4).

    >>> best_operating_point([2.0, 3.0], [1.0, 2.0])
    OperatingPoint(threshold=2.0, detection_error=0.25)
    """
    thresholds, errors = detection_error_curve(id_scores, ood_scores)
    best = int(errors.argmin())
    return OperatingPoint(float(thresholds[best]), float(errors[best]))


def detection_error_at(id_scores: npt.ArrayLike, ood_scores: npt.ArrayLike, threshold: float) -> float:
    """Detection error of the given threshold, in [0, 1]: ½ P(ID < threshold) + ½ P(OOD >= threshold).

    >>> detection_error_at([1.0, 2.0, 3.0, 4.0], [0.0, 1.0], 1.0)
    0.25
    """
    missed = np.mean(score_array(id_scores, "ID scores") < threshold)
    passed = np.mean(score_array(ood_scores, "OOD scores") >= threshold)
    return float(missed + passed) / 2
