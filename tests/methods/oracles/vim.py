"""ViM by the paper's formula: the null space from a singular value decomposition of the training features."""

from typing import Any

import numpy as np
from scipy.special import logsumexp

from bench.extraction.outputs import Outputs
from bench.fitting.data import FitData

Row = list[float]


def residuals(method: Any, data: FitData, outputs: Outputs) -> Row:
    """The length of each image's feature outside the principal directions."""
    width = data.features.shape[1]
    rule = 1000 if width >= 2048 else 512 if width >= 768 else width // 2
    origin = -np.linalg.lstsq(data.head.weight, data.head.bias)[0]
    _, _, rows = np.linalg.svd(data.features.astype(np.float64) - origin, full_matrices=True)
    null = rows[method.dim or rule :]
    return [float(np.linalg.norm(null @ (z - origin))) for z in outputs.features.astype(np.float64)]


def scores(method: Any, data: FitData, outputs: Outputs) -> Row:
    """The energy less the virtual logit."""
    largest = sum(max(row) for row in data.train.logits.tolist())
    alpha = largest / sum(residuals(method, data, data.train))
    found = residuals(method, data, outputs)
    return [float(logsumexp(f)) - alpha * r for f, r in zip(outputs.logits.tolist(), found, strict=True)]
