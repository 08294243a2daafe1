"""All distances between normalised features, sorted."""

from typing import Any

import numpy as np

from bench.extraction.outputs import Outputs
from bench.fitting.data import FitData


def normalised(row: Any) -> Any:
    wide = row.astype(np.float64)
    length = np.sqrt((wide**2).sum())
    return wide / length if length else wide


def scores(method: Any, data: FitData, outputs: Outputs) -> list[float]:
    bank = [normalised(row) for row in data.features]
    found = []
    for row in outputs.features:
        z = normalised(row)
        found.append(-sorted(float(np.sqrt(((z - b) ** 2).sum())) for b in bank)[method.k - 1])
    return found
