"""The mean softmax over passes with features dropped one by one, image by image."""

from typing import Any

import numpy as np
from scipy.special import softmax
from scipy.stats import entropy

from bench.extraction.outputs import Outputs
from bench.fitting.data import FitData
from bench.seeds import derived_seed


def scores(method: Any, data: FitData, outputs: Outputs) -> list[float]:
    weight, bias = data.head.weight, data.head.bias
    found = []
    for features in outputs.features.astype(np.float64):
        mean = np.zeros(len(bias))
        for one in range(method.passes):
            drawn = np.random.default_rng(derived_seed(method.seed, "mc-dropout", one)).random(len(features))
            hidden = [0.0 if u < method.p else float(h) / (1 - method.p) for u, h in zip(drawn, features, strict=True)]
            mean += softmax(weight @ np.array(hidden) + bias) / method.passes
        rest = np.delete(mean, mean.argmax()).sum()
        found.append(float(np.log1p(-rest) if method.measure == "max-probability" else -entropy(mean)))
    return found
