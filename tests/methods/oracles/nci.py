"""The authors' two terms, image by image."""

from typing import Any

import numpy as np

from bench.extraction.outputs import Outputs
from bench.fitting.data import FitData


def scores(method: Any, data: FitData, outputs: Outputs) -> list[float]:
    mean = data.features.astype(np.float64).mean(0)
    found = []
    for h, logits in zip(outputs.features.astype(np.float64), outputs.logits, strict=True):
        weights, centred = data.head.weight[logits.argmax()], h - mean
        near = sum(weights * centred) / np.sqrt(sum(centred**2))
        length = sum(abs(value) ** method.order for value in h) ** (1 / method.order)
        found.append(float(near + method.alpha * length))
    return found
