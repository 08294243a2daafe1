"""KL matching by the paper's formula: every image against every template."""

from typing import Any

import numpy as np
from scipy.special import softmax
from scipy.stats import entropy

from bench.extraction.outputs import Outputs
from bench.fitting.data import FitData


def scores(method: Any, data: FitData, outputs: Outputs) -> list[float]:
    """Minus the smallest divergence from a mean softmax by predicted class."""
    known = softmax(data.train.logits.astype(np.float64), axis=1)
    predicted = [row.index(max(row)) for row in data.train.logits.tolist()]
    templates = [known[np.array(predicted) == label].mean(0) for label in sorted(set(predicted))]
    shown = softmax(outputs.logits.astype(np.float64), axis=1)
    return [-min(float(entropy(p, template)) for template in templates) for p in shown]
