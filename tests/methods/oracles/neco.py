"""NECO as its authors compute it: scaler, principal component analysis, ratio of norms image by image."""

from typing import Any

import numpy as np
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from bench.extraction.outputs import Outputs
from bench.fitting.data import FitData


def scores(method: Any, data: FitData, outputs: Outputs) -> list[float]:
    """The ratio of norms, by the largest logit where asked for."""
    train, tested = data.features.astype(np.float64), outputs.features.astype(np.float64)
    if method.standardize:
        scaler = StandardScaler().fit(train)
        train, tested = np.asarray(scaler.transform(train)), np.asarray(scaler.transform(tested))
    few = min(outputs.logits.shape[1] - 1, train.shape[1] // 2)
    dim = method.dim or (100 if train.shape[1] >= 200 else few)
    reduced = PCA(train.shape[1], svd_solver="full").fit(train).transform(tested)[:, :dim]
    found = []
    for part, whole, logits in zip(reduced, tested, outputs.logits.tolist(), strict=True):
        found.append(float(np.linalg.norm(part) / np.linalg.norm(whole)) * (max(logits) if method.max_logit else 1))
    return found
