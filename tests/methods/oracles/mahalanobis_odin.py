"""Squared Mahalanobis distances to all class means by the pseudo-inverse, image by image."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.extraction.outputs import Outputs
from bench.fitting.data import FitData


def gaussian(data: FitData) -> tuple[list[NDArray[np.float64]], NDArray[np.float64]]:
    """The means of the classes that have images, and the precision common to all."""
    features, labels = data.features.astype(np.float64), data.labels
    means = {label: features[labels == label].mean(axis=0) for label in set(labels.tolist())}
    centred = [row - means[label] for row, label in zip(features, labels.tolist(), strict=True)]
    covariance = sum(np.outer(row, row) for row in centred) / len(centred)
    precision = np.linalg.pinv(np.asarray(covariance, np.float64), hermitian=True)
    return list(means.values()), np.asarray(precision, np.float64)


def scores(method: Any, data: FitData, outputs: Outputs) -> list[float]:
    del method
    means, precision = gaussian(data)
    return [
        max(-float((row - mean) @ precision @ (row - mean)) for mean in means)
        for row in outputs.features.astype(np.float64)
    ]
