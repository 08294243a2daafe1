"""The cosine of every image with every class weight, one by one."""

import math
from typing import Any

from bench.extraction.outputs import Outputs
from bench.fitting.data import FitData


def scores(method: Any, data: FitData, outputs: Outputs) -> list[float]:
    """The largest cosine of each image."""

    def cosine(left: list[float], right: list[float]) -> float:
        product = math.fsum(a * b for a, b in zip(left, right, strict=True))
        return product / (math.hypot(*left) * math.hypot(*right))

    weights = data.head.weight.tolist()
    return [max(cosine(row, weight) for weight in weights) for row in outputs.features.tolist()]
