"""How far out in the tail of a sample a value lies, by Weibull distributions fitted as libMR does (Scheirer 2011)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

Doubles = NDArray[np.float64]

SHIFT = 10_000.0
"""What libMR adds to a tail after subtracting its smallest value."""

STEEPEST = 700.0
"""The largest exponent before an exponential overflows; the probability is 1 long before."""


@dataclass(frozen=True, eq=False)
class WeibullTails:
    """A two-parameter Weibull distribution per sample, of value - `smallest` + `SHIFT` over its largest values.

    `shape` is infinite where all values of the tail are equal, a step there. `log_scale` is the log of the scale
    divided by `SHIFT`, so that nothing is lost beside the large shift. All are `(K,)`, NaN for a sample without values.
    """

    smallest: Doubles
    shape: Doubles
    log_scale: Doubles

    def probability(self, values: Doubles, samples: NDArray[np.intp]) -> Doubles:
        """The cumulative probability in [0, 1] of each value by the distribution of its sample; NaN without one."""
        shifted = np.maximum((values - self.smallest[samples]) / SHIFT, -1)
        with np.errstate(divide="ignore"):
            gaps = np.log1p(shifted) - self.log_scale[samples]
        exponents = np.multiply(self.shape[samples], gaps, out=np.zeros_like(gaps), where=gaps != 0)
        probability: Doubles = -np.expm1(-np.exp(np.minimum(exponents, STEEPEST)))
        return probability


def fit_tails(samples: Sequence[Doubles], size: int) -> WeibullTails:
    """The maximum-likelihood fits to the `size` largest values of each sample."""
    fits = np.array([_fit(np.sort(values)[-size:]) if len(values) else [np.nan] * 3 for values in samples])
    return WeibullTails(*np.ascontiguousarray(fits.T))


def _fit(tail: Doubles) -> tuple[float, float, float]:
    """The smallest value, the shape and the log scale of an ascending tail.

    With z = log(1 + (value - smallest) / SHIFT), the likelihood is largest where the mean of z weighted with
    exp(shape z) exceeds its plain mean by 1 / shape. The difference of the two sides grows with the shape, so that
    there is one such shape.
    """
    z = np.log1p((tail - tail[0]) / SHIFT)
    if z[-1] == 0:
        return float(tail[0]), np.inf, 0.0

    def difference(shape: float) -> float:
        weights = np.exp(shape * (z - z[-1]))
        return float(weights @ z / weights.sum() - z.mean() - 1 / shape)

    low = 0.5 / (z[-1] - z.mean())
    high = 2 * low
    while difference(high) < 0:
        high *= 2
    shape = float(brentq(difference, low, high, xtol=1e-300, rtol=1e-14))
    return float(tail[0]), shape, float(z[-1] + np.log(np.exp(shape * (z - z[-1])).mean()) / shape)
