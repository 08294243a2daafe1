"""ReAct (Sun et al. 2021): clipped activations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from bench.citation import Citation
from bench.errors import BenchError
from bench.extraction.outputs import Outputs
from bench.extraction.probe import Probe, Seen
from bench.fitting.data import Facts, FitData
from bench.fitting.percentiles import percentile
from bench.fitting.shaping import checked_percentile, shaped_energy
from bench.method_contract import NEEDS, Method, Scores, TensorScore, method

if TYPE_CHECKING:
    from torch import Tensor

STRIDE = 7919
"""A prime that divides no usual number of positions, so that neighbouring channels are seen far apart."""


@dataclass(frozen=True)
class MapSample(Probe):
    """One value of each channel of the last stage's maps, `(B, D)`, at a position that moves from channel to channel.

    A fixed sample keeps as many values per image as there are features, whatever the size of the maps.
    """

    stages = True

    def __call__(self, seen: Seen) -> Tensor:
        """The values at the positions."""
        import torch

        maps = seen.stages[-1].flatten(2)
        channels = torch.arange(maps.shape[1], device=maps.device)
        return maps[:, channels, channels * STRIDE % maps.shape[2]]


@dataclass(frozen=True)
class ClippedMean(Probe):
    """The average over positions of the last stage's maps after clipping them at `threshold`, `(B, D)`."""

    threshold: float

    stages = True

    def __call__(self, seen: Seen) -> Tensor:
        """The averages."""
        return seen.stages[-1].clamp(max=self.threshold).mean((2, 3))


@method("react")
class ReAct(Method):
    """The energy of the logits after clipping the features at a percentile of the training features.

    score = log sum_k exp(W min(z, c) + b)_k, where c is the percentile of all values of all training features. The
    released code clips pooled features, as OpenOOD and detectors do. pytorch-ood clips the maps before they are
    averaged, which is `spatial` here, at the percentile of all their values; oodeel clips at the 80th percentile.

    Args:
        percentile: between 0 and 100; 90 in the paper.
        spatial: whether to clip the last stage's maps before averaging instead. The percentile is then that of a
            fixed sample of the maps' values, one per channel and training image.
    """

    citation = Citation(
        title="ReAct: Out-of-distribution Detection With Rectified Activations",
        authors="Yiyou Sun, Chuan Guo, Yixuan Li",
        year=2021,
        venue="NeurIPS",
        url="https://arxiv.org/abs/2111.12797",
        where="section 3",
    )
    equation = "log Σₖ exp(W min(z, c) + b)ₖ"
    group = "features"
    needs = frozenset({"features", "head", "training"})
    search = {"percentile": (80.0, 85.0, 90.0, 95.0, 99.0)}  # noqa: RUF012 - read-only by contract

    def __init__(self, *, percentile: float = 90.0, spatial: bool = False) -> None:
        self.percentile = checked_percentile("react", percentile)
        self.spatial = spatial

    def check(self, facts: Facts) -> None:
        """Ask for the maps where these are to be clipped."""
        super().check(facts)
        if self.spatial and "stages" in facts.lacks:
            raise BenchError(f"react with spatial needs {NEEDS['stages']}, {facts.lacks['stages']}")

    def fit_probes(self) -> tuple[Probe, ...]:
        """A sample of the maps' values where these are to be clipped."""
        return (MapSample(),) if self.spatial else ()

    def fit(self, data: FitData) -> Self:
        """Find the threshold."""
        self.head_ = data.head
        self.threshold_ = percentile(data, self.percentile, MapSample() if self.spatial else None)
        return self

    def probes(self) -> tuple[Probe, ...]:
        """The averages of the clipped maps where these are to be clipped."""
        return (ClippedMean(self.threshold_),) if self.spatial else ()

    def score(self, outputs: Outputs) -> Scores:
        """The energy of the clipped features `(N,)`."""
        if self.spatial:
            return shaped_energy(self.head_, outputs.probed[ClippedMean(self.threshold_)], lambda features: features)
        return shaped_energy(self.head_, outputs.features, lambda features: features.clip(max=self.threshold_))

    def tensor_score(self) -> TensorScore | None:
        """`score` in torch; None where maps are clipped, which are no features."""
        from bench.tensors.constants import TensorHead
        from bench.tensors.logits import log_sum_exp

        head = TensorHead(self.head_)
        return None if self.spatial else lambda output: log_sum_exp(head(output.features.clamp(max=self.threshold_)))
