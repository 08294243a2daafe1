"""SCALE by its definition, one image at a time."""

import math
from typing import Any

import numpy as np
from scipy.special import logsumexp

from bench.extraction.outputs import Outputs
from bench.fitting.data import FitData


def scores(method: Any, data: FitData, outputs: Outputs) -> list[float]:
    """The energy of scaled features."""
    found = []
    for z in outputs.features.tolist():
        kept = max(1, len(z) - round(len(z) * method.percentile / 100))
        factor = math.exp(sum(z) / sum(sorted(z)[-kept:]))
        found.append(float(logsumexp(data.head.weight @ (factor * np.array(z)) + data.head.bias)))
    return found
