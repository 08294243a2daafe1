"""GradNorm by taking the gradient, one image at a time."""

from typing import Any

import torch

from bench.extraction.outputs import Outputs
from bench.fitting.data import FitData


def scores(method: Any, data: FitData, outputs: Outputs) -> list[float]:
    """The L1 norm of the gradient of the divergence with respect to the last layer's weight.

    The logits are those that the network gave, in float32: a bias that makes up for their rounding.
    """
    found = []
    for feature, logits in zip(outputs.features, outputs.logits, strict=True):
        z, weight = torch.from_numpy(feature).double(), torch.from_numpy(data.head.weight)
        bias = torch.from_numpy(logits).double() - weight @ z
        weight.requires_grad_()
        log_p = ((weight @ z + bias) / method.temperature).log_softmax(0)
        uniform = torch.full_like(log_p, 1 / len(log_p))
        divergence = (uniform * (uniform.log() - log_p)).sum()
        [gradient] = torch.autograd.grad(divergence, [weight])
        found.append(float(gradient.abs().sum()))
    return found
