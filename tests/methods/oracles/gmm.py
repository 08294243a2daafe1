"""The density of each class's Gaussian from scipy, weighted and added in the log domain."""

from typing import Any

import numpy as np
from scipy.special import logsumexp
from scipy.stats import multivariate_normal

from bench.extraction.outputs import Outputs
from bench.fitting.data import FitData


def scores(method: Any, data: FitData, outputs: Outputs) -> list[float]:
    """For one Gaussian per class."""
    features, classes = data.features.astype(np.float64), np.unique(data.labels)
    parts = [features[data.labels == c] for c in classes]
    ridge = method.ridge * np.eye(features.shape[1])
    matrices = [np.cov(part.T, bias=True) + ridge for part in parts]
    if method.covariance == "tied":
        pooled = sum(len(part) * matrix for part, matrix in zip(parts, matrices, strict=True)) / len(features)
        matrices = [pooled] * len(parts)
    logs = [
        np.log(len(part) / len(features))
        + multivariate_normal(part.mean(0), matrix).logpdf(outputs.features.astype(np.float64))
        for part, matrix in zip(parts, matrices, strict=True)
    ]
    return [float(value) for value in logsumexp(logs, axis=0)]
