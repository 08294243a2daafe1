"""How near a threshold that is chosen from misclassified ID images comes to the best one for an OOD set."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from bench.held_out import held_out_count
from bench.metrics import OperatingPoint, best_operating_point, detection_error_at, threshold_at_tpr
from bench.report import CellScores

from .result_row import ResultRow

Floats = NDArray[np.float64]

TPR = 0.95


@dataclass(frozen=True)
class ThresholdTransfer:
    """A cell's scores: of rightly and wrongly classified validation images, of the other ID images, of OOD images.

    The validation images are the first 1,000 ID test images, or the first fifth, as for `bench threshold`. A threshold
    is chosen on them alone, and its detection error measured on the others and the OOD images.
    """

    right: Floats
    wrong: Floats
    test: Floats
    ood: Floats

    @classmethod
    def of(cls, scores: CellScores) -> Self | None:
        """The parts of a cell's scores; None without labels, or where the validation images are all right or wrong."""
        count = held_out_count(scores.id_scores.size)
        if scores.id_correct is None or scores.id_correct[:count].all() or not scores.id_correct[:count].any():
            return None
        validation, correct = scores.id_scores[:count], scores.id_correct[:count]
        return cls(validation[correct], validation[~correct], scores.id_scores[count:], scores.ood_scores)

    @property
    def chosen(self) -> OperatingPoint:
        """The threshold that tells right from wrong validation images best, and its error in that."""
        return best_operating_point(self.right, self.wrong)

    @property
    def best(self) -> OperatingPoint:
        """The best threshold for these ID test images and this OOD set, which nobody knows beforehand."""
        return best_operating_point(self.test, self.ood)

    @property
    def chosen_error(self) -> float:
        """Detection error of the chosen threshold on ID test and OOD images."""
        return detection_error_at(self.test, self.ood, self.chosen.threshold)

    @property
    def keeping(self) -> float:
        """The threshold that keeps 95 % of the validation images."""
        return threshold_at_tpr(np.concatenate([self.right, self.wrong]), TPR)

    def metrics(self) -> dict[str, float]:
        """The figures of the table, fractions in [0, 1]."""
        chosen = self.chosen
        return {
            "best_error": self.best.detection_error,
            "chosen_error": self.chosen_error,
            "tpr_error": detection_error_at(self.test, self.ood, self.keeping),
            "chosen_tpr": float(np.mean(self.test >= chosen.threshold)),
            "right_wrong_error": chosen.detection_error,
        }


METRICS = ("best_error", "chosen_error", "tpr_error", "chosen_tpr", "right_wrong_error")


def transferred(
    rows: Iterable[ResultRow], scores: Callable[[str], CellScores]
) -> Iterator[tuple[ResultRow, ThresholdTransfer | None]]:
    """Each row, with these figures as its metrics, None where no threshold can be chosen, and what they come from."""
    for row in rows:
        found = ThresholdTransfer.of(scores(row.key))
        metrics = dict.fromkeys(METRICS) if found is None else found.metrics()
        yield replace(row, metrics=metrics), found
