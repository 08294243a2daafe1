"""The energy times the mean of the largest cosines, each times the energy of the bank's image."""

from typing import Any

import numpy as np
from scipy.special import logsumexp

from bench.extraction.outputs import Outputs
from bench.fitting.data import FitData
from bench.seeds import derived_seed
from tests.methods.oracles.knn import normalised


def bank_of(method: Any, data: FitData) -> Any:
    """The images drawn, which no equation says."""
    size = max(method.k, round(method.alpha * len(data.labels)))
    return np.random.default_rng(derived_seed(0, "nnguide", "bank")).permutation(len(data.labels))[:size]


def scores(method: Any, data: FitData, outputs: Outputs) -> list[float]:
    chosen = bank_of(method, data)
    weighted = [normalised(data.features[i]) * logsumexp(data.train.logits[i].astype(np.float64)) for i in chosen]
    found = []
    for row, logits in zip(outputs.features, outputs.logits.astype(np.float64), strict=True):
        z = normalised(row)
        likeness = sorted((float(z @ b) for b in weighted), reverse=True)[: method.k]
        found.append(float(logsumexp(logits)) * sum(likeness) / method.k)
    return found
