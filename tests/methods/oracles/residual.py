"""The residual of ViM's paper by its formula: lengths in the null space of a singular value decomposition."""

from typing import Any

import numpy as np

from bench.extraction.outputs import Outputs
from bench.fitting.data import FitData


def scores(method: Any, data: FitData, outputs: Outputs) -> list[float]:
    """Minus the length of what the principal directions leave over."""
    width = data.features.shape[1]
    rule = 1000 if width >= 2048 else 512 if width >= 768 else width // 2
    origin = -np.linalg.lstsq(data.head.weight, data.head.bias)[0]
    _, _, rows = np.linalg.svd(data.features.astype(np.float64) - origin, full_matrices=True)
    principal = rows[: method.dim or rule]
    found = []
    for z in outputs.features.astype(np.float64) - origin:
        found.append(-float(np.linalg.norm(z - principal.T @ (principal @ z))))
    return found
