"""VRA by its piecewise definition."""

from typing import Any

import numpy as np
from scipy.special import logsumexp

from bench.extraction.outputs import Outputs
from bench.fitting.data import FitData


def scores(method: Any, data: FitData, outputs: Outputs) -> list[float]:
    """The energy of rectified features."""
    columns = data.features.astype(np.float64).T
    alpha = [float(np.quantile(column, method.low / 100)) for column in columns]
    beta = [float(np.quantile(column, method.high / 100)) for column in columns]
    found = []
    for z in outputs.features.tolist():
        rectified = [
            0.0 if value < low else high if value > high else value + method.gamma
            for value, low, high in zip(z, alpha, beta, strict=True)
        ]
        found.append(float(logsumexp(data.head.weight @ rectified + data.head.bias)))
    return found
