"""Every relation to every training image, cut off and summed."""

from typing import Any

import numpy as np
from scipy.special import softmax

from bench.extraction.outputs import Outputs
from bench.fitting.data import FitData
from tests.methods.oracles.knn import normalised


def scores(method: Any, data: FitData, outputs: Outputs) -> list[float]:
    bank = np.array([normalised(row) for row in data.features])
    theirs = softmax(data.train.logits.astype(np.float64), axis=1)
    found = []
    for row, p in zip(outputs.features, softmax(outputs.logits.astype(np.float64), axis=1), strict=True):
        relations = np.maximum(bank @ normalised(row), 0) * (theirs @ p)
        found.append(float(sum(r**method.power for r in relations.tolist() if r > method.threshold)))
    return found
