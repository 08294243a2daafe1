"""ASH by its algorithms, on pooled features, one image at a time."""

import math
from typing import Any

from scipy.special import logsumexp

from bench.extraction.outputs import Outputs
from bench.fitting.data import FitData


def scores(method: Any, data: FitData, outputs: Outputs) -> list[float]:
    """The energy of shaped features."""
    found = []
    for z in outputs.features.tolist():
        kept = max(1, len(z) - round(len(z) * method.percentile / 100))
        order = sorted(range(len(z)), key=lambda place: -z[place])[:kept]
        total, top = sum(z), sum(z[place] for place in order)
        shaped = [0.0] * len(z)
        for place in order:
            sharpened = z[place] * math.exp(total / top if total else 1.0)
            shaped[place] = {"s": sharpened, "b": total / kept, "p": z[place]}[method.variant]
        found.append(float(logsumexp(data.head.weight @ shaped + data.head.bias)))
    return found
