"""Each class's squared Mahalanobis distance less the background's, image by image."""

from typing import Any

import numpy as np
from scipy.linalg import pinvh

from bench.extraction.outputs import Outputs
from bench.fitting.data import FitData
from tests.methods.oracles.mahalanobis import distances


def scores(method: Any, data: FitData, outputs: Outputs) -> list[float]:
    features = data.features.astype(np.float64)
    mean, precision = features.mean(0), pinvh(np.cov(features.T, bias=True))
    found = []
    for z, row in zip(outputs.features.astype(np.float64), distances(data, outputs), strict=True):
        background = float((z - mean) @ precision @ (z - mean))
        found.append(-min(distance - background for distance in row))
    return found
