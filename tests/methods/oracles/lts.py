"""LTS by its definition, one image at a time."""

from typing import Any

from scipy.special import logsumexp

from bench.extraction.outputs import Outputs
from bench.fitting.data import FitData


def scores(method: Any, data: FitData, outputs: Outputs) -> list[float]:
    """The energy of scaled logits."""
    found = []
    for z, logits in zip(outputs.features.tolist(), outputs.logits.tolist(), strict=True):
        active = sorted(max(value, 0.0) for value in z)
        kept = max(1, len(z) - round(len(z) * method.percentile / 100))
        factor = (sum(active) / sum(active[-kept:])) ** method.exponent
        found.append(float(logsumexp([factor * value for value in logits])))
    return found
