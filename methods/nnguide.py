"""Nearest neighbour guidance (Park et al. 2023): the energy, guided by the nearest training features."""

from __future__ import annotations

from typing import Self

import numpy as np

from bench.citation import Citation
from bench.errors import BenchError
from bench.extraction.outputs import Outputs
from bench.fitting.bank import Bank
from bench.fitting.data import Facts, FitData
from bench.fitting.neighbours import nearest
from bench.fitting.rowwise import rowwise
from bench.logits import log_sum_exp
from bench.method_contract import Method, Scores, TensorScore, method
from bench.seeds import derived_seed

from .knn import require_neighbours


@method("nnguide")
class NNGuide(Method):
    """The energy times the mean likeness to the k nearest images of a bank, which their own energies weight.

    E(x) = log sum_k exp(f_k(x)); the bank is a random part of the training images. The score is E(x) times the mean of
    the k largest E(b) cos(h(x), h(b)) over images b of the bank. Neighbours are exact, and computed in float64.

    The authors' code draws 1 % of ImageNet's training images for the bank and has k 10. OpenOOD draws 1 % likewise on
    CIFAR, of which 500 images are left, with k 100; pytorch-ood keeps all images, k 10 (here `alpha` 1). OpenOOD adds
    1e-10 to the divided features.

    Args:
        k: how many neighbours, from 1 to the number of training images; 10 in the authors' code.
        alpha: the share of training images in the bank, above 0, at most 1; 0.01 in the paper. It holds k at least.
    """

    citation = Citation(
        title="Nearest Neighbor Guidance for Out-of-Distribution Detection",
        authors="Jaewoo Park, Yoon Gyo Jung, Andrew Beng Jin Teoh",
        year=2023,
        venue="ICCV",
        url="https://arxiv.org/abs/2309.14888",
        where="section 3",
    )
    equation = "E(x) · mean of the k largest E(b) cos(h(x), h(b)) with E = log Σ_k exp f_k"
    group = "features"
    needs = frozenset({"features", "training"})
    search = {"k": (10, 20, 50, 100), "alpha": (0.01, 0.1, 1.0)}  # noqa: RUF012 - read-only by contract

    def __init__(self, *, k: int = 10, alpha: float = 0.01) -> None:
        if k < 1 or not 0 < alpha <= 1:
            raise BenchError(f"nnguide: k must be at least 1 and alpha above 0, at most 1, got {k} and {alpha}.")
        self.k, self.alpha = k, alpha

    def check(self, facts: Facts) -> None:
        """Refuse to look for more neighbours than there are training images."""
        super().check(facts)
        require_neighbours(self.name, self.k, facts)

    def fit(self, data: FitData) -> Self:
        """Draw the bank and weight it by its energies."""
        size = max(self.k, round(self.alpha * len(data.train)))
        self.bank_ = data.once(("nnguide bank", size), lambda: _drawn(data, size))
        return self

    def score(self, outputs: Outputs) -> Scores:
        """The guided energy of each image `(N,)`."""
        most = min(max(self.k, *self.search["k"]), len(self.bank_))
        return log_sum_exp(outputs.logits) * nearest(self.bank_, outputs, self.k, most).mean(self.k)

    def tensor_score(self) -> TensorScore:
        """`score` in torch."""
        from bench.tensors.directions import TensorBank
        from bench.tensors.logits import log_sum_exp

        bank = TensorBank(self.bank_)
        return lambda output: log_sum_exp(output.logits) * bank.largest(output.features, self.k).mean(1)


def _drawn(data: FitData, size: int) -> Bank:
    """A bank of `size` training images, in their order; larger ones hold the smaller ones."""
    count, logits = len(data.train), data.train.logits
    chosen = np.sort(np.random.default_rng(derived_seed(0, "nnguide", "bank")).permutation(count)[:size])
    energies = rowwise(size, 3 * logits.shape[1], lambda block: log_sum_exp(logits[chosen[block]]))
    return Bank.of(data.features if size == count else data.features[chosen], energies)
