"""GEN by the paper's formula, in 80 digits."""

from decimal import Decimal, localcontext
from typing import Any

from bench.extraction.outputs import Outputs
from bench.fitting.data import FitData


def scores(method: Any, data: FitData, outputs: Outputs) -> list[float]:
    """Minus the sum of p^gamma (1 - p)^gamma over the largest probabilities."""
    found = []
    with localcontext() as context:
        context.prec = 80
        power = Decimal(method.gamma)
        for row in outputs.logits.tolist():
            terms = [Decimal(value).exp() for value in row]
            shares = sorted((term / sum(terms) for term in terms), reverse=True)
            found.append(-float(sum((share * (1 - share)) ** power for share in shares[: method.top])))
    return found
