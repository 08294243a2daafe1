"""What a report on right and wrong predictions is: it turns the rows of a misclassification run into files."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from bench.registry import registers, registry

if TYPE_CHECKING:
    import pandas as pd

prediction_report = registers("prediction_report")
"""Class decorator that registers such a report under a literal name: `@prediction_report("risk-coverage")`."""

PREDICTION_REPORTS = registry("prediction_report")


@dataclass(frozen=True)
class Predictions:
    """The predictions behind one row, in the ID test set's order.

    `scores` `(n,)` are float64, larger = surer; `correct` `(n,)` says which predictions are right; `probabilities`
    `(n,)` in [0, 1] are the scores as probabilities of that, or None where the method's scores are none.
    """

    scores: NDArray[np.float64]
    correct: NDArray[np.bool_]
    probabilities: NDArray[np.float64] | None


@dataclass(frozen=True)
class PredictionResults:
    """A run's rows, with the columns of `bench.predictions.rows`; `predictions` takes a row's `key`."""

    rows: pd.DataFrame
    predictions: Callable[[str], Predictions]


class PredictionReport(ABC):
    """One kind of file made from a misclassification run's results."""

    name: ClassVar[str]

    @abstractmethod
    def write(self, results: PredictionResults, folder: Path) -> list[Path]:
        """Write the report's files into `folder` (which exists) and return their paths."""
