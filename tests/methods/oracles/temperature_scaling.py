"""Temperature scaling by a bounded search for the likeliest temperature."""

import math
from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from bench.extraction.outputs import Outputs
from bench.fitting.data import FitData


def scores(method: Any, data: FitData, outputs: Outputs) -> list[float]:
    """Log of the largest softmax probability at the temperature of the smallest negative log-likelihood."""
    logits, labels = data.train.logits.astype(np.float64), data.labels

    def misfit(log_temperature: float) -> float:
        known = log_softmax(logits / math.exp(log_temperature), axis=1)
        return -sum(float(known[index, label]) for index, label in enumerate(labels.tolist()))

    bounds = (-math.log(method.limit), math.log(method.limit))
    inner = minimize_scalar(misfit, bounds=bounds, method="bounded", options={"xatol": 1e-10})
    log_temperature = min([*bounds, float(inner.x)], key=misfit)
    shown = log_softmax(outputs.logits.astype(np.float64) / math.exp(log_temperature), axis=1)
    return [float(row.max()) for row in shown]
