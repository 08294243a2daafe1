"""SCALE (Xu et al. 2024): features scaled by how much of an image's activation lies in its largest ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from bench.citation import Citation
from bench.extraction.outputs import Outputs
from bench.fitting.data import FitData
from bench.fitting.shaping import HIGHEST, checked_percentile, shaped_energy, sum_ratio
from bench.method_contract import Method, Scores, TensorScore, method

if TYPE_CHECKING:
    from torch import Tensor

    from bench.networks.classifier import NetworkOutput


@method("scale")
class SCALE(Method):
    """The energy of the logits after scaling the features by how much of their sum lies outside the largest ones.

    score = log sum_k exp(exp(r) W z + b)_k, where r is the sum of the image's features divided by the sum of those
    that remain when the lowest `percentile` percent are left out. It is ASH's variant s without the pruning. The
    released code and OpenOOD scale pooled features, as here; pytorch-ood takes r from the maps, at 65 percent.
    Features below 0 can make the ratio large; it is held to ±400, which others never reach.

    Args:
        percentile: between 0 and 99.5; 85 in the paper.
    """

    citation = Citation(
        title="Scaling for Training Time and Post-hoc Out-of-distribution Detection Enhancement",
        authors="Kai Xu, Rongyu Chen, Gianni Franchi, Angela Yao",
        year=2024,
        venue="ICLR",
        url="https://arxiv.org/abs/2310.00227",
    )
    equation = "log Σₖ exp(exp(r) W z + b)ₖ with r = Σz / Σ top(z)"
    group = "features"
    needs = frozenset({"features", "head"})
    search = {"percentile": (65.0, 75.0, 85.0, 95.0)}  # noqa: RUF012 - read-only by contract

    def __init__(self, *, percentile: float = 85.0) -> None:
        self.percentile = checked_percentile("scale", percentile, HIGHEST)

    def fit(self, data: FitData) -> Self:
        """Take the last layer; nothing is learnt."""
        self.head_ = data.head
        return self

    def score(self, outputs: Outputs) -> Scores:
        """The energy of the scaled features `(N,)`."""
        return shaped_energy(self.head_, outputs.features, self._scaled)

    def tensor_score(self) -> TensorScore:
        """`score` in torch."""
        from bench.tensors.constants import TensorHead
        from bench.tensors.logits import log_sum_exp
        from bench.tensors.shaping import sum_ratio

        head = TensorHead(self.head_)

        def score(output: NetworkOutput) -> Tensor:
            scale = sum_ratio(output.features, self.percentile).exp()
            return log_sum_exp(head(scale[:, None] * output.features))

        return score

    def _scaled(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.exp(sum_ratio(features, self.percentile))[:, None] * features
