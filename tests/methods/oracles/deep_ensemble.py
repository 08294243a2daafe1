"""How sure the mean prediction is, whose logarithm the logits are; image by image."""

from typing import Any

import numpy as np
from scipy.special import softmax
from scipy.stats import entropy

from bench.extraction.outputs import Outputs
from bench.fitting.data import FitData


def scores(method: Any, data: FitData, outputs: Outputs) -> list[float]:
    del data
    found = []
    for row in outputs.logits.astype(np.float64):
        p = softmax(row)
        rest = np.delete(p, p.argmax()).sum()
        found.append(float(np.log1p(-rest) if method.measure == "max-probability" else -entropy(p)))
    return found
