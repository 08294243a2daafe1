"""Weighted energy: each outlier drawn by itself, and the loss minimised by finite differences."""

from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.special import logsumexp
from scipy.stats import chi2

from bench.extraction.outputs import Outputs
from bench.fitting.data import FitData
from bench.seeds import derived_seed


def scores(method: Any, data: FitData, outputs: Outputs) -> list[float]:
    """The weighted log-sum-exp of each image; for at most 10,000 training images."""
    stream = np.random.default_rng(derived_seed(method.seed, "weighted-energy"))
    count, width = data.features.shape
    stream.choice(count, count, replace=False)
    features = data.features.astype(np.float64)
    means = [features[data.labels == label].mean(0) for label in np.unique(data.labels)]
    nearest = np.array([means[list(np.unique(data.labels)).index(label)] for label in data.labels])
    covariance = (features - nearest).T @ (features - nearest) / count + 1e-4 * np.eye(width)
    root = np.linalg.cholesky(covariance)
    squared_radii = chi2.isf(1 - stream.random(count) ** (1 / method.sample_from), width)
    drawn = []
    for index, squared in enumerate(squared_radii):
        direction = stream.standard_normal(int(width))
        drawn.append(means[index % len(means)] + root @ direction * np.sqrt(squared / (direction @ direction)))
    inside = data.train.logits.astype(np.float64)
    outside = np.array(drawn) @ data.head.weight.T + data.head.bias

    def loss(point: Any) -> float:
        *log_weights, shift = point
        known = np.log1p(np.exp(-shift - logsumexp(inside + log_weights, axis=1))).mean()
        unknown = np.log1p(np.exp(shift + logsumexp(outside + log_weights, axis=1))).mean()
        return float(known + unknown + 5e-4 / 2 * sum(value**2 for value in log_weights))

    start = np.zeros(inside.shape[1] + 1)
    best = minimize(loss, start, method="BFGS", jac="3-point", options={"gtol": 1e-9})
    return [float(logsumexp(row + best.x[:-1])) for row in outputs.logits.astype(np.float64)]
