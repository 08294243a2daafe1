"""Functions of logits in torch: the twins of `bench.logits`, in the type of the logits and without saturation."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def log_max_softmax(logits: Tensor, temperature: float = 1.0) -> Tensor:
    """Log max_k softmax(logits / temperature)_k, `(N,)`, for logits `(N, K)`; NaN where the largest is not finite."""
    _, _, gaps = _others(logits, temperature)
    return -gaps.exp().sum(1).log1p()


def log_sum_exp(logits: Tensor, temperature: float = 1.0) -> Tensor:
    """T log sum_k exp(logits_k / T), `(N,)`, for logits `(N, K)`; NaN where the largest is not finite."""
    top, _, gaps = _others(logits, temperature)
    return temperature * (top + gaps.exp().sum(1).log1p())


def log_softmax(logits: Tensor, temperature: float = 1.0) -> Tensor:
    """Log softmax(logits / temperature), `(N, K)`."""
    _, largest, gaps = _others(logits, temperature)
    log_total = gaps.exp().sum(1, keepdim=True).log1p()
    return (gaps - log_total).scatter(1, largest, -log_total)


def log_rest(log_p: Tensor) -> Tensor:
    """Log(1 - p_k), `(N, K)`, for log probabilities `(N, K)`; the largest one's is the sum of the others."""
    largest = log_p.argmax(1, keepdim=True)
    others = log_p.scatter(1, largest, -math.inf)
    return (-others.exp()).log1p().scatter(1, largest, log_sum_exp(others)[:, None])


def negative_entropy(log_p: Tensor) -> Tensor:
    """Sum_k p_k log p_k, `(N,)`, for log probabilities `(N, K)`; 0 log 0 is 0."""
    p = log_p.exp()
    return torch.where(p != 0, p * log_p, 0.0).sum(1)


def _others(logits: Tensor, temperature: float) -> tuple[Tensor, Tensor, Tensor]:
    """The largest logit / temperature `(N,)`, its class `(N, 1)`, and how far below it the others lie.

    The largest one's own place holds -inf, so that its share is not summed with the others'.
    """
    scaled = logits / temperature
    top, largest = scaled.max(1, keepdim=True)
    top = torch.where(top.isfinite(), top, math.nan)
    own = torch.where(top.isfinite(), -math.inf, top)
    return top.squeeze(1), largest, (scaled - top).scatter(1, largest, own)
