"""Features divided by their lengths, in torch, and what is near them."""

from __future__ import annotations

import torch
from torch import Tensor

from bench.fitting.bank import Bank

from .constants import constant


def divided(part: Tensor, whole: Tensor) -> Tensor:
    """Part / whole, and 0 where the whole is 0."""
    return torch.where(whole != 0, part / torch.where(whole != 0, whole, 1.0), 0.0)


def directions(features: Tensor) -> Tensor:
    """Each feature `(N, D)` divided by its length; those of zeros stay."""
    return divided(features, lengths(features)[:, None])


def lengths(rows: Tensor) -> Tensor:
    """The length of each row `(N, D)`, `(N,)`."""
    return rows.square().sum(1).sqrt()


class TensorBank:
    """Training images that others are compared with, in torch; the twin of `Bank`, which says what likeness is.

    All of them are compared in float64, without a search in float32 before: what that leaves unsure is seldom, but
    would need another way through the program.
    """

    def __init__(self, bank: Bank) -> None:
        self.features, self.factors, self.lift = (constant(one) for one in (bank.features, bank.factors, bank.lift))

    def largest(self, features: Tensor, k: int) -> Tensor:
        """The k largest likenesses `(N, k)` of features `(N, D)` to the bank's images, descending."""
        likeness = directions(features) @ self.features.double().T * self.factors + self.lift
        return likeness.topk(k, dim=1).values
