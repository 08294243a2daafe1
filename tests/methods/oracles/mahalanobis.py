"""The squared Mahalanobis distances to all class means, image by image, with a pseudo-inverse."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import pinvh

from bench.extraction.outputs import Outputs
from bench.fitting.data import FitData

Array = NDArray[np.float64]


def class_means(data: FitData) -> dict[int, Array]:
    return {int(c): data.features[data.labels == c].astype(np.float64).mean(0) for c in np.unique(data.labels)}


def distances(data: FitData, outputs: Outputs) -> list[list[float]]:
    """To each class mean, for each image."""
    means = class_means(data)
    centred = np.array([z - means[int(c)] for z, c in zip(data.features.astype(np.float64), data.labels, strict=True)])
    precision = pinvh(centred.T @ centred / len(centred))
    return [
        [float((z - mean) @ precision @ (z - mean)) for mean in means.values()]
        for z in outputs.features.astype(np.float64)
    ]


def scores(method: Any, data: FitData, outputs: Outputs) -> list[float]:
    return [-min(row) for row in distances(data, outputs)]
