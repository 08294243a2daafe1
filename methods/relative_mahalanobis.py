"""Relative Mahalanobis distance (Ren et al. 2021): what the classes explain beyond the features as a whole."""

from __future__ import annotations

from typing import Self

from bench.citation import Citation
from bench.extraction.outputs import Outputs
from bench.fitting.data import Facts, FitData
from bench.fitting.whitening import class_whitening, total_whitening
from bench.method_contract import Method, Scores, TensorScore, method

from .mahalanobis import require_spread_within_classes


@method("relative-mahalanobis")
class RelativeMahalanobis(Method):
    """The squared Mahalanobis distance to the nearest class mean less that to the mean of all features, negated.

    MD_k(z) = (z - mu_k)^T S^-1 (z - mu_k) with class means and one covariance for all classes, MD_0(z) = (z - mu_0)^T
    S_0^-1 (z - mu_0) with the mean and covariance of all training features; covariances are divided by N and inverted
    where features vary. The score is -min_k (MD_k - MD_0). Classes without a training image are left out.

    OpenOOD and oodeel (whose distances are halved) compute the same; detectors divides S_0 by N - 1. pytorch-ood does
    not divide the two covariances, which scales both terms alike, and adds 1e-6 to their diagonals.
    """

    citation = Citation(
        title="A Simple Fix to Mahalanobis Distance for Improving Near-OOD Detection",
        authors="Jie Ren, Stanislav Fort, Jeremiah Liu, Abhijit Guha Roy, Shreyas Padhy, Balaji Lakshminarayanan",
        year=2021,
        venue="arXiv",
        url="https://arxiv.org/abs/2106.09022",
        where="section 2, RMD",
    )
    equation = "-min_k [(z - μ_k)ᵀ Σ⁻¹ (z - μ_k) - (z - μ₀)ᵀ Σ₀⁻¹ (z - μ₀)]"
    group = "features"
    needs = frozenset({"features", "training"})

    def check(self, facts: Facts) -> None:
        """Refuse training images that say nothing of a spread within classes."""
        super().check(facts)
        require_spread_within_classes(self.name, facts)

    def fit(self, data: FitData) -> Self:
        """Learn the class means and both covariances."""
        self.classes_, self.background_ = class_whitening(data), total_whitening(data)
        return self

    def score(self, outputs: Outputs) -> Scores:
        """How much nearer each image is to a class than the background expects `(N,)`."""
        return self.background_.squared_lengths(outputs) - self.classes_.nearest(outputs)

    def tensor_score(self) -> TensorScore:
        """`score` in torch."""
        from bench.tensors.whitening import TensorClassMeans, TensorWhitening

        classes, background = TensorClassMeans(self.classes_), TensorWhitening(self.background_)
        return lambda output: background.squared_lengths(output.features) - classes.nearest(output.features)
