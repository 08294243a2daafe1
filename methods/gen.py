"""GEN, the generalized entropy of the largest probabilities (Liu et al. 2023)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bench.citation import Citation
from bench.errors import BenchError
from bench.extraction.outputs import Outputs
from bench.logits import log_rest_of, log_softmax_of
from bench.method_contract import Method, Scores, TensorScore, method

if TYPE_CHECKING:
    from torch import Tensor

    from bench.networks.classifier import NetworkOutput


@method("gen")
class GEN(Method):
    """The negative generalized entropy of the largest softmax probabilities.

    With p sorted downwards, the score is -sum_{j=1}^{M} p_j^gamma (1 - p_j)^gamma, at most 0, as in the authors' code.
    The powers are taken of log p and log(1 - p), so that probabilities near 0 and 1 lose nothing.

    pytorch-ood clips probabilities at 1e-7, gives the mean without the minus sign, and uses all classes unless told
    otherwise; OpenOOD and oodeel have the defaults below, and oodeel no minus sign.

    Args:
        gamma: the exponent, above 0 and meant to be below 1; 0.1 in the paper. The smaller, the more the many small
            probabilities count.
        top: M, how many of the largest probabilities are summed; 100 in the paper, of 1,000 classes. All of them where
            the network has fewer classes; so it is not searched: only with many classes does it matter.
    """

    citation = Citation(
        title="GEN: Pushing the Limits of Softmax-Based Out-of-Distribution Detection",
        authors="Xixi Liu, Yaroslava Lochman, Christopher Zach",
        year=2023,
        venue="CVPR",
        url="https://openaccess.thecvf.com/content/CVPR2023/html/"
        "Liu_GEN_Pushing_the_Limits_of_Softmax-Based_Out-of-Distribution_Detection_CVPR_2023_paper.html",
        where="generalized entropy score",
    )
    equation = "-Σ_{j≤M} p_j^γ (1 - p_j)^γ over the M largest p_j"
    group = "logits"
    search = {"gamma": (0.01, 0.1, 0.5, 1.0)}  # noqa: RUF012 - read-only by contract

    def __init__(self, *, gamma: float = 0.1, top: int = 100) -> None:
        if not gamma > 0:
            raise BenchError(f"gen: gamma must be positive, got {gamma}.")
        if top < 1:
            raise BenchError(f"gen: top must be at least 1, got {top}.")
        self.gamma, self.top = gamma, top

    def score(self, outputs: Outputs) -> Scores:
        """The negative generalized entropy of each image `(N,)`."""
        log_p = log_softmax_of(outputs)
        terms = log_p + log_rest_of(outputs)
        if self.top < log_p.shape[1]:
            chosen = np.argpartition(log_p, -self.top, axis=1)[:, -self.top :]
            terms = np.take_along_axis(terms, chosen, axis=1)
        total: Scores = -np.exp(self.gamma * terms).sum(axis=1)
        return total

    def tensor_score(self) -> TensorScore:
        """`score` in torch."""
        from bench.tensors.logits import log_rest, log_softmax

        def score(output: NetworkOutput) -> Tensor:
            log_p = log_softmax(output.logits)
            largest = log_p.topk(min(self.top, log_p.shape[1]), dim=1).indices
            terms = (log_p + log_rest(log_p)).gather(1, largest)
            return -(self.gamma * terms).exp().sum(1)

        return score
