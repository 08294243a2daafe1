"""Distance to the k-th nearest training feature (Sun et al. 2022)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import numpy as np

from bench.citation import Citation
from bench.errors import BenchError
from bench.extraction.outputs import Outputs
from bench.fitting.bank import direction_bank
from bench.fitting.data import Facts, FitData
from bench.fitting.neighbours import nearest
from bench.method_contract import Method, Scores, TensorScore, method

if TYPE_CHECKING:
    from torch import Tensor

    from bench.networks.classifier import NetworkOutput


@method("knn")
class KNN(Method):
    """The distance to the k-th nearest training feature, all divided by their lengths, negated.

    With z = h / ||h||, the score is -||z - z_(k)||, in [-2, 0]. The search is exact over all training images: float32
    products rule out most of them, and the distance itself is computed in float64. All k share one search. A feature
    of zeros has no direction and stays as it is, at a distance of 1 from all others, as in the authors' code, which
    takes the squared distance; so do OpenOOD, oodeel and detectors (whose k is 10). pytorch-ood takes the distance.

    Args:
        k: which neighbour, from 1 to the number of training images; 50 in the paper for CIFAR-10, 200 for CIFAR-100
            and 1000 for ImageNet.
    """

    citation = Citation(
        title="Out-of-Distribution Detection with Deep Nearest Neighbors",
        authors="Yiyou Sun, Yifei Ming, Xiaojin Zhu, Yixuan Li",
        year=2022,
        venue="ICML",
        url="https://arxiv.org/abs/2204.06507",
        where="section 3, algorithm 1",
    )
    equation = "-‖z - z₍k₎‖ with z = h / ‖h‖"
    group = "features"
    needs = frozenset({"features", "training"})
    search = {"k": (1, 5, 10, 20, 50, 100, 200)}  # noqa: RUF012 - read-only by contract

    def __init__(self, *, k: int = 50) -> None:
        if k < 1:
            raise BenchError(f"knn: k must be at least 1, got {k}.")
        self.k = k

    def check(self, facts: Facts) -> None:
        """Refuse to look for more neighbours than there are training images."""
        super().check(facts)
        require_neighbours(self.name, self.k, facts)

    def fit(self, data: FitData) -> Self:
        """Keep the training features."""
        self.bank_ = direction_bank(data)
        return self

    def score(self, outputs: Outputs) -> Scores:
        """The negated distance of each image `(N,)`."""
        most = min(max(self.k, *self.search["k"]), len(self.bank_))
        found = nearest(self.bank_, outputs, self.k, most)
        squared = 1 + (found.queries.inverse > 0) - 2 * found.kth(self.k)
        return -np.sqrt(np.maximum(squared, 0.0))

    def tensor_score(self) -> TensorScore:
        """`score` in torch."""
        from bench.tensors.directions import TensorBank, lengths

        bank = TensorBank(self.bank_)

        def score(output: NetworkOutput) -> Tensor:
            likeness = bank.largest(output.features, self.k)[:, -1]
            squared = 1 + (lengths(output.features) > 0).double() - 2 * likeness
            return -squared.clamp(min=0).sqrt()

        return score


def require_neighbours(name: str, k: int, facts: Facts) -> None:
    """Raise `BenchError` where there are fewer than `k` training images."""
    if k > facts.num_train:
        raise BenchError(f"{name}: k must be at most the number of training images, {facts.num_train}, got {k}.")
