"""Logit scaling (Djurisic et al. 2025): logits scaled by how much of an image's activation lies in its largest ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bench.citation import Citation
from bench.errors import BenchError
from bench.extraction.outputs import Outputs
from bench.fitting.rowwise import rowwise
from bench.fitting.shaping import HIGHEST, checked_percentile, sum_ratio
from bench.logits import log_sum_exp
from bench.method_contract import Method, Scores, TensorScore, method

if TYPE_CHECKING:
    from torch import Tensor

    from bench.networks.classifier import NetworkOutput


@method("lts")
class LTS(Method):
    """The energy of the logits after scaling them by how much of the features' sum lies outside the largest ones.

    score = log sum_k exp(S f_k) with S = (sum of relu(z) / sum of the largest of relu(z)) ^ 2. The sum is over the
    activations that remain when the lowest `percentile` percent are left out, the paper's top p percent. The paper has
    no relu; the released code and pytorch-ood have, and it matters only where features can be negative.

    Args:
        percentile: between 0 and 99.5; 95 in the authors' configuration for CIFAR-100, the paper's p of 5 percent.
        exponent: at least 0; 2 in the paper.
    """

    citation = Citation(
        title="Logit Scaling for Out-of-Distribution Detection",
        authors="Andrija Djurisic, Rosanne Liu, Mladen Nikolic",
        year=2025,
        venue="Machine Vision and Applications",
        url="https://arxiv.org/abs/2409.01175",
    )
    equation = "log Σₖ exp(S fₖ) with S = (Σz / Σ top(z))²"
    group = "features"
    needs = frozenset({"features"})
    search = {"percentile": (65.0, 80.0, 90.0, 95.0)}  # noqa: RUF012 - read-only by contract

    def __init__(self, *, percentile: float = 95.0, exponent: float = 2.0) -> None:
        self.percentile = checked_percentile("lts", percentile, HIGHEST)
        if exponent < 0:
            raise BenchError(f"lts: exponent must be at least 0, got {exponent}.")
        self.exponent = exponent

    def score(self, outputs: Outputs) -> Scores:
        """The energy of the scaled logits `(N,)`."""

        def energies(block: slice) -> NDArray[np.float64]:
            activations = outputs.features[block].astype(np.float64).clip(min=0)
            factors = sum_ratio(activations, self.percentile) ** self.exponent
            return log_sum_exp(outputs.logits[block] * factors[:, None])

        return rowwise(len(outputs), outputs.features.shape[1] + outputs.logits.shape[1], energies)

    def tensor_score(self) -> TensorScore:
        """`score` in torch."""
        from bench.tensors.logits import log_sum_exp
        from bench.tensors.shaping import sum_ratio

        def score(output: NetworkOutput) -> Tensor:
            factors = sum_ratio(output.features.clamp(min=0), self.percentile) ** self.exponent
            return log_sum_exp(output.logits * factors[:, None])

        return score
