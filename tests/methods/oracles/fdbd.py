"""The distance to each decision boundary, class by class."""

from typing import Any

import numpy as np

from bench.extraction.outputs import Outputs
from bench.fitting.data import FitData


def scores(method: Any, data: FitData, outputs: Outputs) -> list[float]:
    weight, mean = data.head.weight, data.features.astype(np.float64).mean(0)
    found = []
    for z, f in zip(outputs.features.astype(np.float64), outputs.logits.astype(np.float64), strict=True):
        c = int(f.argmax())
        others = [k for k in range(len(f)) if k != c]
        boundaries = [abs(f[c] - f[k]) / np.linalg.norm(weight[c] - weight[k]) for k in others]
        away = np.linalg.norm(z - mean) if method.normalizer == "deviation" else np.linalg.norm(z)
        found.append(float(np.mean(boundaries) / away))
    return found
