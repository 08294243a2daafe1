"""How far out in the tail of a sample a value lies, in torch; the twin of `bench.fitting.weibull`."""

from __future__ import annotations

import torch
from torch import Tensor

from bench.fitting.weibull import SHIFT, STEEPEST, WeibullTails

from .constants import constant


class TensorTails:
    """A Weibull distribution per sample, in torch."""

    def __init__(self, tails: WeibullTails) -> None:
        self.smallest, self.shape, self.log_scale = (
            constant(one) for one in (tails.smallest, tails.shape, tails.log_scale)
        )

    def probability(self, values: Tensor, samples: Tensor) -> Tensor:
        """The cumulative probability in [0, 1] of each value by the distribution of its sample; 1 without one."""
        smallest, shape, log_scale = (one[samples] for one in (self.smallest, self.shape, self.log_scale))
        gaps = ((values - smallest) / SHIFT).clamp(min=-1).log1p() - log_scale
        exponents = torch.where(gaps != 0, shape * gaps, 0.0)
        probability = -(-exponents.clamp(max=STEEPEST).exp()).expm1()
        return torch.where(smallest.isnan(), 1.0, probability)
