"""The stored pattern of the predicted class, compared image by image."""

from typing import Any

import numpy as np
from scipy.spatial.distance import cosine, euclidean

from bench.extraction.outputs import Outputs
from bench.fitting.data import FitData


def scores(method: Any, data: FitData, outputs: Outputs) -> list[float]:
    right = data.train.logits.argmax(1) == data.labels
    found = []
    for z, logits in zip(outputs.features.astype(np.float64), outputs.logits, strict=True):
        own = data.labels == logits.argmax()
        pattern = data.features[own & right if (own & right).any() else own].astype(np.float64).mean(0)
        compare = {"inner-product": np.dot, "euclidean": lambda a, b: -euclidean(a, b), "cosine": similarity}
        found.append(float(compare[method.metric](z, pattern)))
    return found


def similarity(one: Any, other: Any) -> float:
    return 1 - float(cosine(one, other))
