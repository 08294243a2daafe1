"""The pNML regret by the paper's formula, in 60 digits after the pseudo-inverse."""

from decimal import Decimal, localcontext
from typing import Any

import numpy as np

from bench.extraction.outputs import Outputs
from bench.fitting.data import FitData


def scores(method: Any, data: FitData, outputs: Outputs) -> list[float]:
    """Minus the regret."""
    train = data.features.astype(np.float64)
    inverse = np.linalg.pinv(train / np.linalg.norm(train, axis=1, keepdims=True))
    projector = inverse @ inverse.T
    found = []
    with localcontext() as context:
        context.prec = 60
        for z in outputs.features.astype(np.float64):
            x = z / np.linalg.norm(z)
            exponentials = [Decimal(value).exp() for value in (data.head.weight @ x + data.head.bias).tolist()]
            energy = Decimal(float(x @ projector @ x))
            share = energy / (1 + energy)
            p = [one / sum(exponentials) for one in exponentials]
            total = sum(one / (one + (1 - one) * one**share) for one in p)
            found.append(-float(Decimal(total).ln() / Decimal(len(p)).ln()))
    return found
