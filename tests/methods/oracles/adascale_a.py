"""Algorithm 1 of the paper, image by image, and the energy of the scaled activations."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from bench.extraction.outputs import Outputs
from bench.fitting.data import FitData

Row = NDArray[np.float64]


def likelihood(method: Any, before: Row, after: Row) -> float:
    """Q' of one image."""
    order = sorted(range(len(before)), key=lambda at: (-before[at], at))
    first, second = (order[: max(1, int(part * len(before) + 1e-9))] for part in (method.k1, method.k2))
    return float(
        method.lam * sum(abs(after[at] - before[at]) for at in first) + sum(max(0, after[at]) for at in second)
    )


def ratios(method: Any, data: FitData, outputs: Outputs) -> list[float]:
    """The scaling factor r of each image."""
    [view] = method.further_views()
    known = [
        likelihood(method, *rows)
        for rows in zip(data.features.astype(float), data.train.beside[view].features.astype(float), strict=True)
    ]
    found = []
    pairs = zip(outputs.features.astype(float), outputs.beside[view].features.astype(float), strict=True)
    for before, after in pairs:
        q = likelihood(method, before, after)
        p = method.p_min + (1 - np.mean([one <= q for one in known])) * (method.p_max - method.p_min)
        positive = sorted((max(0.0, value) for value in before), reverse=True)
        kept = max(1, len(before) - round(len(before) * p / 100))
        found.append(sum(positive) / sum(positive[:kept]) if sum(positive) else 1.0)
    return found


def scores(method: Any, data: FitData, outputs: Outputs) -> list[float]:
    weight, bias = data.head.weight, data.head.bias
    features = outputs.features.astype(np.float64)
    return [
        float(logsumexp(weight @ (row * np.exp(ratio)) + bias))
        for row, ratio in zip(features, ratios(method, data, outputs), strict=True)
    ]
