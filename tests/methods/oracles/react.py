"""ReAct by its definition, on pooled features."""

from typing import Any

import numpy as np
from scipy.special import logsumexp

from bench.extraction.outputs import Outputs
from bench.fitting.data import FitData


def scores(method: Any, data: FitData, outputs: Outputs) -> list[float]:
    """The energy of clipped features."""
    clip = np.percentile(data.features.astype(np.float64), method.percentile)
    found = []
    for z in outputs.features.astype(np.float64):
        clipped = [min(value, clip) for value in z]
        found.append(float(logsumexp(data.head.weight @ clipped + data.head.bias)))
    return found
