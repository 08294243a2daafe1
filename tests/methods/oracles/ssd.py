"""Normalised and standardised features, and the authors' pseudo-inverse of each cluster's covariance."""

from typing import Any

import numpy as np
from scipy.linalg import pinvh

from bench.extraction.outputs import Outputs
from bench.fitting.data import FitData
from tests.methods.oracles.knn import normalised


def scores(method: Any, data: FitData, outputs: Outputs) -> list[float]:
    """For one cluster, or for the classes as clusters."""
    train = np.array([normalised(row) for row in data.features])
    mean, spread = train.mean(0), train.std(0)
    spread[spread == 0] = 1
    standard = (train - mean) / spread
    members = [standard] if method.clusters == 1 else [standard[data.labels == c] for c in np.unique(data.labels)]
    clusters = [(part.mean(0), pinvh(np.cov(part.T, bias=True))) for part in members]
    found = []
    for row in outputs.features:
        z = (normalised(row) - mean) / spread
        found.append(-min(float((z - m) @ precision @ (z - m)) for m, precision in clusters))
    return found
