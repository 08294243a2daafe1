"""Predictive normalized maximum likelihood of the last layer (Bibas et al. 2021)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from bench.citation import Citation
from bench.extraction.outputs import Outputs
from bench.fitting.blocks import blocks
from bench.fitting.data import FitData
from bench.fitting.rowwise import rowwise
from bench.logits import log_rest, log_softmax
from bench.method_contract import Method, Scores, TensorScore, method

if TYPE_CHECKING:
    from torch import Tensor

    from bench.networks.classifier import NetworkOutput

Matrix = NDArray[np.float64]


@method("pnml")
class PNML(Method):
    """The regret of the last layer against a learner that knows the image's label, negated.

    With x = z / ||z||, p the softmax of W x + b, P the pseudo-inverse of the sum of x xᵀ over the training images, and
    g = xᵀPx / (1 + xᵀPx): score = -log(sum_k p_k / (p_k + (1 - p_k) p_k^g)) / log K, in [-1, 0]. The paper's regret
    grows with being OOD. As in the released code the probabilities are those of the normalised feature. The sum is
    taken as 1 plus what exceeds it, so that sure images do not tie; pytorch-ood clamps p instead, in float32. An
    eigenvalue of the training features below float64's precision counts as 0, and directions that no training image
    has add nothing, as in the released code.
    """

    citation = Citation(
        title="Single Layer Predictive Normalized Maximum Likelihood for Out-of-Distribution Detection",
        authors="Koby Bibas, Meir Feder, Tal Hassner",
        year=2021,
        venue="NeurIPS",
        url="https://arxiv.org/abs/2110.09246",
    )
    equation = "-log(Σₖ pₖ / (pₖ + (1 - pₖ) pₖᵍ)) / log K with g = xᵀPx / (1 + xᵀPx), x = z / ‖z‖"
    group = "features"
    needs = frozenset({"features", "head", "training"})

    def fit(self, data: FitData) -> Self:
        """Find a square root of the pseudo-inverse."""
        width = data.features.shape[1]
        gram = np.zeros((width, width))
        for block in blocks(len(data.features), width):
            directions = _normalised(data.features[block])
            gram += directions.T @ directions
        values, vectors = np.linalg.eigh(gram)
        kept = values > values[-1] * width * np.finfo(np.float64).eps
        self.root_: Matrix = vectors[:, kept] / np.sqrt(values[kept])
        self.head_ = data.head
        return self

    def score(self, outputs: Outputs) -> Scores:
        """The negated regret of each image `(N,)` in [-1, 0]."""
        return rowwise(
            len(outputs), 2 * sum(self.head_.weight.shape), lambda rows: self._scores(outputs.features[rows])
        )

    def tensor_score(self) -> TensorScore:
        """`score` in torch."""
        from bench.tensors.constants import TensorHead, constant
        from bench.tensors.directions import directions
        from bench.tensors.logits import log_rest, log_softmax

        head, root = TensorHead(self.head_), constant(self.root_)

        def score(output: NetworkOutput) -> Tensor:
            shown = directions(output.features)
            log_p = log_softmax(head(shown))
            q = log_rest(log_p).exp()
            energy = (shown @ root).square().sum(1, keepdim=True)
            share = energy / (1 + energy)
            weight = ((1 - share) * log_p).exp()
            excess = weight * q * -(share * log_p).expm1() / (weight + q)
            return -excess.sum(1).log1p() / float(np.log(log_p.shape[1]))

        return score

    def _scores(self, features: NDArray[np.float32]) -> Scores:
        directions = _normalised(features)
        log_p = log_softmax(self.head_.logits(directions))
        log_q = log_rest(log_p)
        energy = np.square(directions @ self.root_).sum(axis=1, keepdims=True)
        share = energy / (1 + energy)
        # p / (p + q p^g) - p, with q = 1 - p, from logarithms alone
        weight = np.exp((1 - share) * log_p)
        excess = weight * np.exp(log_q) * -np.expm1(share * log_p) / (weight + np.exp(log_q))
        regret: Scores = np.log1p(excess.sum(axis=1)) / np.log(log_p.shape[1])
        return -regret


def _normalised(features: NDArray[np.float32]) -> Matrix:
    """Features of length 1 in float64; those of length 0 stay 0."""
    values = features.astype(np.float64)
    lengths = np.linalg.norm(values, axis=1, keepdims=True)
    np.divide(values, lengths, out=values, where=lengths != 0)
    return values
