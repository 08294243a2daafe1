"""Mahalanobis distance to the nearest class mean (Lee et al. 2018), of the features before the last layer."""

from __future__ import annotations

from typing import Self

from bench.citation import Citation
from bench.errors import BenchError
from bench.extraction.outputs import Outputs
from bench.fitting.data import Facts, FitData
from bench.fitting.whitening import class_whitening
from bench.method_contract import Method, Scores, TensorScore, method

LEE_2018 = Citation(
    title="A Simple Unified Framework for Detecting Out-of-Distribution Samples and Adversarial Attacks",
    authors="Kimin Lee, Kibok Lee, Honglak Lee, Jinwoo Shin",
    year=2018,
    venue="NeurIPS",
    url="https://arxiv.org/abs/1807.03888",
    where="equation 2",
)


@method("mahalanobis")
class Mahalanobis(Method):
    """The squared Mahalanobis distance of the features to the nearest class mean, negated.

    With class means mu_k and one covariance S for all classes, the score is -min_k (z - mu_k)^T S^-1 (z - mu_k). S is
    the mean of (z_i - mu_y)(z_i - mu_y)^T over the N training images. Where features never vary, S^-1 is the
    pseudo-inverse, as in the authors' code. Classes without a training image are left out.

    This is the paper's score of one layer, the last, with neither its step along the input gradient nor the other
    layers, which `mahalanobis-ensemble` adds. The authors' code halves the distance; pytorch-ood halves it, does not
    divide S by N and adds 1e-6 to its diagonal; oodeel takes the step. Ranks are equal but for the step and the 1e-6.
    """

    citation = LEE_2018
    equation = "-min_k (z - μ_k)ᵀ Σ⁻¹ (z - μ_k)"
    group = "features"
    needs = frozenset({"features", "training"})

    def check(self, facts: Facts) -> None:
        """Refuse training images that say nothing of a spread within classes."""
        super().check(facts)
        require_spread_within_classes(self.name, facts)

    def fit(self, data: FitData) -> Self:
        """Learn the class means and the covariance."""
        self.classes_ = class_whitening(data)
        return self

    def score(self, outputs: Outputs) -> Scores:
        """The negated squared distance of each image `(N,)`, at most 0."""
        return -self.classes_.nearest(outputs)

    def tensor_score(self) -> TensorScore:
        """`score` in torch."""
        from bench.tensors.whitening import TensorClassMeans

        classes = TensorClassMeans(self.classes_)
        return lambda output: -classes.nearest(output.features)


def require_spread_within_classes(name: str, facts: Facts) -> None:
    """Raise `BenchError` where no class has two training images."""
    if facts.class_counts is not None and facts.class_counts.max(initial=0) < 2:
        raise BenchError(f"{name} needs a class with at least two training images for its covariance.")
