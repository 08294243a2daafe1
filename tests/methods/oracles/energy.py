"""Energy by its definition, in 80 digits."""

from decimal import Decimal, localcontext
from typing import Any

from bench.extraction.outputs import Outputs
from bench.fitting.data import FitData


def scores(method: Any, data: FitData, outputs: Outputs) -> list[float]:
    """T log of the sum of exponentials."""
    found = []
    with localcontext() as context:
        context.prec = 80
        heat = Decimal(method.temperature)
        for row in outputs.logits.tolist():
            total = sum(((Decimal(value) / heat).exp() for value in row), Decimal(0))
            found.append(float(heat * total.ln()))
    return found
