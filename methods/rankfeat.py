"""RankFeat (Song et al. 2022): the energy after the largest singular component of the last maps is taken away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import torch
from torch import Tensor

from bench.citation import Citation
from bench.errors import BenchError
from bench.extraction.outputs import Outputs
from bench.extraction.probe import Probe, Seen
from bench.logits import log_sum_exp
from bench.method_contract import Method, Scores, method
from bench.networks.classifier import Classifier

Block = Literal["last", "previous", "both"]

_BACK: dict[Block, tuple[int, ...]] = {"last": (1,), "previous": (2,), "both": (1, 2)}


@dataclass(frozen=True)
class EditedLogits(Probe):
    """The logits when the maps of one stage lack their rank-1 part; `back` counts stages from the end, 1 the last."""

    back: int

    stages = True

    def __call__(self, seen: Seen) -> Tensor:
        """The logits `(B, K)`."""
        if self.back > len(seen.stages):
            raise BenchError(f"rankfeat: a network of {len(seen.stages)} stages has no stage before the last.")
        assert isinstance(seen.network, Classifier)
        maps = _without_rank_one(seen.stages[-self.back].float())
        return seen.network.resume(maps, len(seen.stages) - self.back + 1).logits


@method("rankfeat")
class RankFeat(Method):
    """The energy of the logits that are left when the dominant rank-1 component of the last maps is removed.

    The maps of an image are a matrix X `(channels, pixels)`; X' = X - s_1 u_1 v_1^T with its largest singular value
    and vectors. The rest of the network is run from X'; the score is log sum_k exp f'_k, larger for ID. `both` takes
    the mean of the two stages' logits before the energy, as the authors' code does.

    The component is exact, by the eigenvectors of the smaller of X X^T and X^T X; the authors' code and OpenOOD take
    an SVD (20 power iterations are their faster option), pytorch-ood an SVD of one stage that the user chooses.
    detectors keeps a copy of the authors' loop for their network on a GPU, which it does not register.

    Args:
        block: `last`, the last stage of the network (the paper's block 4); `previous`, the one before (block 3);
            `both`, their fusion, the paper's best and its code's only choice.
    """

    citation = Citation(
        title="RankFeat: Rank-1 Feature Removal for Out-of-distribution Detection",
        authors="Yue Song, Nicu Sebe, Wei Wang",
        year=2022,
        venue="NeurIPS",
        url="https://arxiv.org/abs/2209.08590",
        where="section 3.1, equations 2 and 3",
    )
    equation = "log Σ_k exp(f(X')_k) with X' = X - σ₁u₁v₁ᵀ"
    group = "layers"
    needs = frozenset({"stages"})
    search = {"block": ("both", "last", "previous")}  # noqa: RUF012 - read-only by contract

    def __init__(self, *, block: Block = "both") -> None:
        if block not in get_args(Block):
            raise BenchError(f"rankfeat: block must be one of {', '.join(get_args(Block))}, got '{block}'.")
        self.block: Block = block

    def probes(self) -> tuple[Probe, ...]:
        """The logits from the edited maps of one stage, or of two."""
        return tuple(EditedLogits(back) for back in _BACK[self.block])

    def score(self, outputs: Outputs) -> Scores:
        """The energy of the edited logits `(N,)`."""
        return log_sum_exp(np.mean([outputs.probed[probe].astype(np.float64) for probe in self.probes()], axis=0))


def _without_rank_one(maps: Tensor) -> Tensor:
    """Maps `(B, C, h, w)` less the largest singular component of each `(C, hw)` matrix; NaN where one is not finite."""
    matrices = maps.flatten(2)
    if matrices.shape[1] > matrices.shape[2]:
        return (matrices - _largest_part(matrices.mT).mT).reshape(maps.shape)
    return (matrices - _largest_part(matrices)).reshape(maps.shape)


def _largest_part(wide: Tensor) -> Tensor:
    """u_1 u_1^T X for each matrix X, with u_1 the eigenvector of X X^T for its largest eigenvalue."""
    with torch.autocast(wide.device.type, enabled=False):
        scaled = wide / wide.abs().amax((1, 2), keepdim=True).clamp_min(torch.finfo(wide.dtype).tiny)
        gram = torch.bmm(scaled, scaled.mT)
        finite = gram.isfinite().all(2).all(1)
        gram = torch.where(finite[:, None, None], gram, torch.zeros_like(gram))
        largest = torch.linalg.eigh(gram).eigenvectors[:, :, -1:]
        return torch.bmm(largest, torch.bmm(largest.mT, wide))
