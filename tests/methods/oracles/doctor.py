"""DOCTOR by the paper's ratio, in 80 digits."""

from decimal import Decimal, localcontext
from typing import Any

from bench.extraction.outputs import Outputs
from bench.fitting.data import FitData


def scores(method: Any, data: FitData, outputs: Outputs) -> list[float]:
    """The logarithm of g / (1 - g)."""
    found = []
    with localcontext() as context:
        context.prec = 80
        for row in outputs.logits.tolist():
            terms = [(Decimal(value) / Decimal(method.temperature)).exp() for value in row]
            shares = [term / sum(terms) for term in terms]
            g = max(shares) if method.variant == "beta" else sum((share * share for share in shares), Decimal(0))
            found.append(float((g / (1 - g)).ln()))
    return found
