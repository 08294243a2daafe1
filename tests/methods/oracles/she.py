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
        likeness = {"inner-product": z @ pattern, "euclidean": -euclidean(z, pattern), "cosine": 1 - cosine(z, pattern)}
        found.append(float(likeness[method.metric]))
    return found
