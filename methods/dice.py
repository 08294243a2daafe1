"""DICE (Sun & Li 2022): only the weights that contribute most to the logits of training images."""

from __future__ import annotations

from typing import Self

import numpy as np

from bench.citation import Citation
from bench.extraction.outputs import Outputs
from bench.fitting.data import FitData, Head
from bench.fitting.shaping import checked_percentile, shaped_energy
from bench.method_contract import Method, Scores, TensorScore, method


@method("dice")
class DICE(Method):
    """The energy of the logits of a last layer that keeps only the weights which contribute most on training images.

    score = log sum_k exp((M ∘ W) z + b)_k. The contribution of a weight is W_kd times the mean of feature d over the
    training images; M keeps those above the percentile of all contributions, of all classes together. The released
    code, OpenOOD and pytorch-ood agree; detectors ranks the weights alone, class by class. Masking first and
    multiplying then gives what they sum from each image's products.

    Args:
        percentile: the paper's p, between 0 and 99.9; 90 in the released commands for CIFAR.
    """

    citation = Citation(
        title="DICE: Leveraging Sparsification for Out-of-Distribution Detection",
        authors="Yiyou Sun, Yixuan Li",
        year=2022,
        venue="ECCV",
        url="https://arxiv.org/abs/2111.09805",
        where="section 3",
    )
    equation = "log Σₖ exp((M ∘ W) z + b)ₖ"
    group = "features"
    needs = frozenset({"features", "head", "training"})
    search = {"percentile": (10.0, 30.0, 50.0, 70.0, 90.0)}  # noqa: RUF012 - read-only by contract

    def __init__(self, *, percentile: float = 90.0) -> None:
        self.percentile = checked_percentile("dice", percentile, 99.9)

    def fit(self, data: FitData) -> Self:
        """Mask the last layer."""
        mean = data.once("mean feature", lambda: data.features.mean(axis=0, dtype=np.float64))
        contributions = data.head.weight * mean
        kept = contributions > np.percentile(contributions, self.percentile)
        self.head_ = Head(np.where(kept, data.head.weight, 0.0), data.head.bias)
        return self

    def score(self, outputs: Outputs) -> Scores:
        """The energy of the sparse layer's logits `(N,)`."""
        return shaped_energy(self.head_, outputs.features, lambda features: features)

    def tensor_score(self) -> TensorScore:
        """`score` in torch."""
        from bench.tensors.constants import TensorHead
        from bench.tensors.logits import log_sum_exp

        head = TensorHead(self.head_)
        return lambda output: log_sum_exp(head(output.features))
