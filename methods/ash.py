"""ASH (Djurisic et al. 2023): activations of each image pruned and sharpened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Self, get_args

import numpy as np
from numpy.typing import NDArray

from bench.citation import Citation
from bench.errors import BenchError
from bench.extraction.outputs import Outputs
from bench.extraction.probe import Probe, Seen
from bench.fitting.data import Facts, FitData
from bench.fitting.shaping import (
    HIGHEST,
    bounded_ratio,
    checked_percentile,
    shaped_energy,
    sum_ratio,
    survivors,
    top_mask,
)
from bench.method_contract import NEEDS, Method, Scores, TensorScore, method

if TYPE_CHECKING:
    from torch import Tensor

    from bench.networks.classifier import NetworkOutput

Variant = Literal["s", "b", "p"]


@dataclass(frozen=True)
class PrunedMean(Probe):
    """The average over positions of the last stage's pruned maps, and two sums of the image's values, `(B, D + 2)`.

    The largest values of all channels and positions survive. `binary` sets them to the image's sum over their number.
    """

    percentile: float
    binary: bool

    stages = True

    def __call__(self, seen: Seen) -> Tensor:
        """The averages, the sum of all values, and the sum of those that survive."""
        import torch

        maps = seen.stages[-1]
        values = maps.flatten(1)
        total = values.sum(1, keepdim=True)
        top = values.topk(survivors(values.shape[1], self.percentile))
        kept = (total / top.values.shape[1]).expand_as(top.values) if self.binary else top.values
        pruned = torch.zeros_like(values).scatter(1, top.indices, kept).view_as(maps)
        return torch.cat([pruned.mean((2, 3)), total, top.values.sum(1, keepdim=True)], 1)


@method("ash")
class ASH(Method):
    """The energy of the logits after pruning most activations of the image and sharpening the rest.

    score = log sum_k exp(W s(z) + b)_k. The lowest `percentile` percent of an image's activations are set to 0.
    Variant p leaves the others, b sets them to the sum of all divided by their number, s multiplies them by
    exp(sum of all / sum of the others). The released code shapes the pooled features of ResNet-50 and DenseNet, as
    OpenOOD does (variant b, 90). pytorch-ood shapes maps (variant s, 65), which is `spatial` here. Features below 0
    can make the ratio of sums large; it is held to ±400, which others never reach.

    Args:
        variant: `s`, `b` or `p`.
        percentile: between 0 and 99.5. The authors' configurations have 90 for variant s on ImageNet and CIFAR-100,
            and 95 on CIFAR-10; their functions' default is 65.
        spatial: whether to prune the last stage's maps, all channels and positions of an image together, before they
            are averaged.
    """

    citation = Citation(
        title="Extremely Simple Activation Shaping for Out-of-Distribution Detection",
        authors="Andrija Djurisic, Nebojsa Bozanic, Arjun Ashok, Rosanne Liu",
        year=2023,
        venue="ICLR",
        url="https://arxiv.org/abs/2209.09858",
        where="algorithms 1 to 3",
    )
    equation = "log Σₖ exp(W s(z) + b)ₖ with s(z) = exp(Σz / Σ top(z)) top(z)"
    group = "features"
    needs = frozenset({"features", "head"})
    search = {  # noqa: RUF012 - read-only by contract
        "variant": ("s", "b", "p"),
        "percentile": (65.0, 80.0, 90.0, 95.0),
    }

    def __init__(self, *, variant: Variant = "s", percentile: float = 90.0, spatial: bool = False) -> None:
        if variant not in get_args(Variant):
            raise BenchError(f"ash: variant must be 's', 'b' or 'p', got '{variant}'.")
        self.variant: Variant = variant
        self.percentile = checked_percentile("ash", percentile, HIGHEST)
        self.spatial = spatial

    def check(self, facts: Facts) -> None:
        """Ask for the maps where these are to be pruned."""
        super().check(facts)
        if self.spatial and "stages" in facts.lacks:
            raise BenchError(f"ash with spatial needs {NEEDS['stages']}, {facts.lacks['stages']}")

    def fit(self, data: FitData) -> Self:
        """Take the last layer; nothing is learnt."""
        self.head_ = data.head
        return self

    def probes(self) -> tuple[Probe, ...]:
        """The averages of the pruned maps where these are to be pruned."""
        return (self._probe(),) if self.spatial else ()

    def score(self, outputs: Outputs) -> Scores:
        """The energy of the shaped features `(N,)`."""
        if self.spatial:
            return shaped_energy(self.head_, outputs.probed[self._probe()], self._sharpened)
        return shaped_energy(self.head_, outputs.features, self._shaped)

    def tensor_score(self) -> TensorScore | None:
        """`score` in torch; None where maps are pruned, which are no features."""
        from bench.tensors.constants import TensorHead
        from bench.tensors.logits import log_sum_exp
        from bench.tensors.shaping import sum_ratio, top_mask

        head = TensorHead(self.head_)

        def score(output: NetworkOutput) -> Tensor:
            features = output.features
            kept = features
            if self.variant == "b":
                kept = features.sum(1, keepdim=True) / survivors(features.shape[1], self.percentile)
            elif self.variant == "s":
                kept = sum_ratio(features, self.percentile).exp()[:, None] * features
            return log_sum_exp(head(top_mask(features, self.percentile) * kept))

        return None if self.spatial else score

    def _probe(self) -> PrunedMean:
        return PrunedMean(self.percentile, self.variant == "b")

    def _sharpened(self, probed: NDArray[np.float64]) -> NDArray[np.float64]:
        """The shaped features from what the probe saw."""
        features, total, top = probed[:, :-2], probed[:, -2], probed[:, -1]
        return np.exp(bounded_ratio(total, top))[:, None] * features if self.variant == "s" else features

    def _shaped(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        mask = top_mask(features, self.percentile)
        if self.variant == "b":
            kept = features.sum(axis=1, keepdims=True) / survivors(features.shape[1], self.percentile)
            return np.where(mask, kept, 0.0)
        pruned = np.where(mask, features, 0.0)
        return np.exp(sum_ratio(features, self.percentile))[:, None] * pruned if self.variant == "s" else pruned
