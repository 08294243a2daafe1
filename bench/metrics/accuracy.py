"""ID accuracy."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bench.errors import BenchError


def accuracy(predictions: npt.ArrayLike, labels: npt.ArrayLike) -> float:
    """Share of `predictions` (n,) equal to `labels` (n,), both class indices; in [0, 1], higher is better.

    Raises `BenchError` when there are none or the shapes differ.

    >>> accuracy([0, 1, 2, 2], [0, 1, 2, 1])
    0.75
    """
    predicted, true = np.asarray(predictions), np.asarray(labels)
    if predicted.shape != true.shape or predicted.ndim != 1:
        raise BenchError(
            f"Accuracy needs as many predictions as labels, both 1-D; got shapes {predicted.shape} and {true.shape}."
        )
    if predicted.size == 0:
        raise BenchError("Accuracy needs at least one prediction.")
    return int(np.count_nonzero(predicted == true)) / predicted.size
