"""VRA (Xu et al. 2023): low activations removed, high ones clipped, those between amplified."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from bench.citation import Citation
from bench.errors import BenchError
from bench.extraction.outputs import Outputs
from bench.fitting.data import FitData
from bench.fitting.percentiles import feature_percentiles
from bench.fitting.shaping import checked_percentile, shaped_energy
from bench.method_contract import Method, Scores, TensorScore, method

if TYPE_CHECKING:
    from torch import Tensor

    from bench.networks.classifier import NetworkOutput


@method("vra")
class VRA(Method):
    """The energy of the logits after a piecewise rectification of the features between two percentiles.

    score = log sum_k exp(W g(z) + b)_k with g(z) = 0 where z < alpha, beta where z > beta, and z + gamma between.
    Alpha and beta are each feature's percentiles over the training images, as in the authors' code for CIFAR (for
    ImageNet it has numbers set by hand). With gamma 0 it is the paper's VRA, above 0 its VRA+. OpenOOD and pytorch-ood
    raise low values to alpha instead of removing them, have no gamma and other percentiles (10 and 90; 1 and 99);
    OpenOOD takes them over all features together.

    Args:
        low: the percentile alpha, between 0 and `high`; 60 in the authors' commands for CIFAR.
        high: the percentile beta, between `low` and 100; 95 in the authors' commands, 90 for VRA on CIFAR-10.
        gamma: what is added between, in units of the features, at least 0; 0.6 for VRA+ in the authors' commands for
            CIFAR.
    """

    citation = Citation(
        title="VRA: Variational Rectified Activation for Out-of-distribution Detection",
        authors="Mingyu Xu, Zheng Lian, Bin Liu, Jianhua Tao",
        year=2023,
        venue="NeurIPS",
        url="https://arxiv.org/abs/2302.11716",
    )
    equation = "log Σₖ exp(W g(z) + b)ₖ with g(z) = 0 if z < α, β if z > β, z + γ between"
    group = "features"
    needs = frozenset({"features", "head", "training"})
    search = {  # noqa: RUF012 - read-only by contract
        "low": (50.0, 60.0, 70.0),
        "high": (90.0, 95.0),
        "gamma": (0.0, 0.6),
    }

    def __init__(self, *, low: float = 60.0, high: float = 95.0, gamma: float = 0.0) -> None:
        self.low, self.high = checked_percentile("vra", low, name="low"), checked_percentile("vra", high, name="high")
        if low > high:
            raise BenchError(f"vra: low must be at most high, got {low} and {high}.")
        if gamma < 0:
            raise BenchError(f"vra: gamma must be at least 0, got {gamma}.")
        self.gamma = gamma

    def fit(self, data: FitData) -> Self:
        """Find the thresholds of each feature."""
        self.head_ = data.head
        self.alpha_, self.beta_ = feature_percentiles(data, self.low), feature_percentiles(data, self.high)
        return self

    def score(self, outputs: Outputs) -> Scores:
        """The energy of the rectified features `(N,)`."""
        return shaped_energy(self.head_, outputs.features, self._rectified)

    def tensor_score(self) -> TensorScore:
        """`score` in torch."""
        import torch

        from bench.tensors.constants import TensorHead, constant
        from bench.tensors.logits import log_sum_exp

        head, alpha, beta = TensorHead(self.head_), constant(self.alpha_), constant(self.beta_)

        def score(output: NetworkOutput) -> Tensor:
            features = output.features
            rectified = torch.where(features < alpha, 0.0, features + self.gamma)
            return log_sum_exp(head(torch.where(features > beta, beta, rectified)))

        return score

    def _rectified(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        rectified = features + self.gamma
        np.copyto(rectified, 0.0, where=features < self.alpha_)
        np.copyto(rectified, self.beta_, where=features > self.beta_)
        return rectified
