"""GradNorm (Huang et al. 2021), in closed form."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bench.citation import Citation
from bench.errors import BenchError
from bench.extraction.outputs import Outputs
from bench.fitting.rowwise import rowwise
from bench.logits import log_softmax
from bench.method_contract import Method, Scores, TensorScore, method

if TYPE_CHECKING:
    from torch import Tensor

    from bench.networks.classifier import NetworkOutput


@method("gradnorm")
class GradNorm(Method):
    """The L1 norm of the last layer's weight gradient of the divergence of the softmax from the uniform distribution.

    score = ||d KL(u || softmax(f / T)) / d W||_1. The gradient is (p - u) zᵀ / T, an outer product, so that its norm is
    ||z||_1 ||p - u||_1 / T: no gradient has to be taken, and no last layer is needed. The released code, OpenOOD and
    detectors sum the cross-entropy over the classes instead of averaging, which multiplies every score by K.
    pytorch-ood takes all parameters of the network by default, and negates.

    Args:
        temperature: T, positive; 1 in the paper.
    """

    citation = Citation(
        title="On the Importance of Gradients for Detecting Distributional Shifts in the Wild",
        authors="Rui Huang, Andrew Geng, Yixuan Li",
        year=2021,
        venue="NeurIPS",
        url="https://arxiv.org/abs/2110.00218",
        where="section 3",
    )
    equation = "‖∂ KL(u ‖ softmax(f / T)) / ∂W‖₁ = ‖z‖₁ ‖p - u‖₁ / T"
    group = "features"
    needs = frozenset({"features"})
    search = {"temperature": (0.5, 1.0, 2.0, 4.0)}  # noqa: RUF012 - read-only by contract

    def __init__(self, *, temperature: float = 1.0) -> None:
        if temperature <= 0:
            raise BenchError(f"gradnorm: temperature must be positive, got {temperature}.")
        self.temperature = temperature

    def score(self, outputs: Outputs) -> Scores:
        """The norm of the gradient `(N,)`."""
        classes = outputs.logits.shape[1]

        def norms(block: slice) -> NDArray[np.float64]:
            p = np.exp(log_softmax(outputs.logits[block], self.temperature))
            lengths = np.abs(outputs.features[block]).sum(axis=1, dtype=np.float64)
            found: NDArray[np.float64] = lengths * np.abs(p - 1 / classes).sum(axis=1) / self.temperature
            return found

        return rowwise(len(outputs), outputs.features.shape[1] + classes, norms)

    def tensor_score(self) -> TensorScore:
        """`score` in torch."""
        from bench.tensors.logits import log_softmax

        def score(output: NetworkOutput) -> Tensor:
            p = log_softmax(output.logits, self.temperature).exp()
            return output.features.abs().sum(1) * (p - 1 / p.shape[1]).abs().sum(1) / self.temperature

        return score
