"""The energy of logits scaled by the square of the ratio of `adascale-a`, image by image."""

from typing import Any

import numpy as np
from scipy.special import logsumexp

from bench.extraction.outputs import Outputs
from bench.fitting.data import FitData

from .adascale_a import ratios


def scores(method: Any, data: FitData, outputs: Outputs) -> list[float]:
    logits = outputs.logits.astype(np.float64)
    return [float(logsumexp(row * r**2)) for row, r in zip(logits, ratios(method, data, outputs), strict=True)]
