"""DICE by its definition: the products of weights and features, masked and summed for each image and class."""

from typing import Any

import numpy as np
from scipy.special import logsumexp

from bench.extraction.outputs import Outputs
from bench.fitting.data import FitData


def scores(method: Any, data: FitData, outputs: Outputs) -> list[float]:
    """The energy of the sparse sums."""
    weight = data.head.weight
    mean = np.array([column.mean() for column in data.features.astype(np.float64).T])
    contributions = np.array([[w * m for w, m in zip(row, mean, strict=True)] for row in weight])
    threshold = np.percentile(contributions, method.percentile)
    found = []
    for z in outputs.features.astype(np.float64):
        products = np.where(contributions > threshold, weight * z, 0)
        found.append(float(logsumexp(products.sum(1) + data.head.bias)))
    return found
