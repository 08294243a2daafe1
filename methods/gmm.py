"""Gaussian mixture of features (Mukhoti et al. 2023): a Gaussian for each class, and their density."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Self, get_args

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError, cholesky, solve_triangular

from bench.citation import Citation
from bench.errors import BenchError
from bench.extraction.outputs import Outputs
from bench.fitting.data import Facts, FitData
from bench.fitting.gaussians import mean_and_covariance, require_room
from bench.fitting.moments import moments
from bench.fitting.rowwise import rowwise
from bench.fitting.whitening import Whitening, squares
from bench.logits import log_sum_exp
from bench.method_contract import Method, Scores, TensorScore, method
from bench.seeds import derived_seed

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor


Covariance = Literal["full", "tied"]
Matrix = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Gaussians:
    """Gaussians of one covariance: its whitening, their `means` `(C, D)` there, and `log_heights` `(C,)`.

    A height is the density at the mean times the share of the training images.
    """

    whitening: Whitening
    means: Matrix
    log_heights: NDArray[np.float64]

    @classmethod
    def of(cls, means: Matrix, covariance: Matrix, log_shares: NDArray[np.float64]) -> Gaussians:
        """Gaussians with these means, this covariance and these shares; `LinAlgError` where it is not definite."""
        factor = cholesky(covariance, lower=True)
        centre = means.mean(0)
        whitening = Whitening(centre, solve_triangular(factor, np.eye(len(factor)), lower=True).T)
        log_volume = np.log(factor.diagonal()).sum() + len(factor) / 2 * np.log(2 * np.pi)
        return cls(whitening, whitening(means), log_shares - log_volume)

    def log_densities(self, features: NDArray[np.floating]) -> Matrix:
        """The log of share times density of each feature `(N, C)`."""
        white = self.whitening(features)
        distances = squares(white)[:, None] - 2 * white @ self.means.T + squares(self.means)
        densities: Matrix = self.log_heights - distances / 2
        return densities

    def tensor_log_densities(self) -> Callable[[Tensor], Tensor]:
        """`log_densities` in torch."""
        from bench.tensors.constants import constant
        from bench.tensors.whitening import TensorWhitening, squared_distances

        whitening, means, heights = TensorWhitening(self.whitening), constant(self.means), constant(self.log_heights)
        return lambda features: heights - squared_distances(whitening(features), means) / 2


@method("gmm")
class GMM(Method):
    """The log-likelihood of the features under a mixture of Gaussians, with a mean and covariance for each class.

    With pi_k the share, mu_k the mean and S_k the covariance of a class's training features the score is
    log sum_k pi_k N(h; mu_k, S_k). Covariances are divided by the number of images (by that less one in the paper's
    code, which adds the smallest power of ten that makes them definite) and have `ridge` on their diagonal, as in
    pytorch-ood, which computes the same. detectors fits as many Gaussians as there are classes by EM without labels;
    OpenOOD does so with one covariance for all and leaves out its determinant.

    Args:
        components: Gaussians per class; 1 in the paper. More are fitted in each class by EM (scikit-learn).
        covariance: `full`, one for each Gaussian, as in the paper; `tied`, one for all. `full` takes K D^2 numbers.
        ridge: what is added to the variances, above 0; 1e-6 in pytorch-ood and scikit-learn.
    """

    citation = Citation(
        title="Deep Deterministic Uncertainty: A New Simple Baseline",
        authors="Jishnu Mukhoti, Andreas Kirsch, Joost van Amersfoort, Philip H.S. Torr, Yarin Gal",
        year=2023,
        venue="CVPR",
        url="https://arxiv.org/abs/2102.11582",
        where="feature-space density",
    )
    equation = "log Σ_k π_k N(h; μ_k, Σ_k)"
    group = "features"
    needs = frozenset({"features", "training"})
    search = {"covariance": ("full", "tied"), "components": (1, 2)}  # noqa: RUF012 - read-only by contract

    def __init__(self, *, components: int = 1, covariance: Covariance = "full", ridge: float = 1e-6) -> None:
        if covariance not in get_args(Covariance):
            raise BenchError(f"gmm: covariance must be full or tied, got '{covariance}'.")
        if components < 1 or ridge <= 0:
            raise BenchError(f"gmm: components must be at least 1 and ridge above 0, got {components} and {ridge}.")
        self.components, self.ridge = components, ridge
        self.covariance: Covariance = covariance

    def check(self, facts: Facts) -> None:
        """Refuse classes with fewer images than Gaussians, and covariances that take too much memory."""
        super().check(facts)
        counts = facts.class_counts
        if counts is not None and counts[counts > 0].min(initial=self.components) < self.components:
            raise BenchError(f"gmm: each class needs at least {self.components} training images, one per Gaussian.")
        if self.covariance == "full":
            require_room(self.name, self.components * facts.num_classes, facts.num_features, "use covariance=tied")

    def fit(self, data: FitData) -> Self:
        """Fit the Gaussians of each class."""
        if self.covariance == "tied":
            self.groups_ = [self._gaussians(*self._tied(data))]
            return self
        self.groups_ = []
        for label in np.unique(data.labels):
            counts, means, matrices = self._fitted(data, int(label))
            parts = zip(means, matrices, np.log(counts / len(data.labels)), strict=True)
            self.groups_ += [self._gaussians(mean[None], matrix, share[None]) for mean, matrix, share in parts]
        return self

    def score(self, outputs: Outputs) -> Scores:
        """The log-likelihood of each image `(N,)`."""

        def likelihoods(block: slice) -> Scores:
            features = outputs.features[block]
            return log_sum_exp(np.concatenate([group.log_densities(features) for group in self.groups_], axis=1))

        width = 3 * outputs.features.shape[1] + 3 * sum(len(group.means) for group in self.groups_)
        return rowwise(len(outputs), width, likelihoods)

    def tensor_score(self) -> TensorScore:
        """`score` in torch."""
        import torch

        from bench.tensors.logits import log_sum_exp

        groups = [group.tensor_log_densities() for group in self.groups_]
        return lambda output: log_sum_exp(torch.cat([group(output.features) for group in groups], 1))

    def _tied(self, data: FitData) -> tuple[Matrix, Matrix, NDArray[np.float64]]:
        """The means, the common covariance and the log shares of all Gaussians."""
        if self.components == 1:
            known = moments(data)
            covariance = known.within_covariance + self.ridge * np.eye(len(known.mean))
            return known.class_means, covariance, np.log(known.counts[known.present] / known.total)
        pooled, parts = np.zeros((data.features.shape[1],) * 2), []
        for label in np.unique(data.labels):
            counts, means, matrices = self._fitted(data, int(label))
            pooled += counts.sum() / len(data.labels) * matrices[0]
            parts.append((means, np.log(counts / len(data.labels))))
        means, log_shares = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
        return means, pooled, log_shares

    def _gaussians(self, means: Matrix, matrix: Matrix, log_shares: NDArray[np.float64]) -> Gaussians:
        try:
            return Gaussians.of(means, matrix, log_shares)
        except LinAlgError as error:
            raise BenchError(f"gmm: a covariance is not positive definite; raise ridge, {self.ridge}.") from error

    def _fitted(self, data: FitData, label: int) -> tuple[NDArray[np.float64], Matrix, NDArray[np.float64]]:
        """Image counts `(C,)`, means `(C, D)`, covariances `(C, D, D)` or the tied one `(1, D, D)` of a class."""
        rows, width = np.flatnonzero(data.labels == label), data.features.shape[1]

        def read(block: slice) -> Matrix:
            return data.features[rows[block]].astype(np.float64)

        if self.components == 1:
            mean, matrix = mean_and_covariance(len(rows), width, read)
            return np.array([float(len(rows))]), mean[None], (matrix + self.ridge * np.eye(width))[None]
        from sklearn.mixture import GaussianMixture

        seed = derived_seed(0, "gmm", label) % 2**32
        mixture: Any = GaussianMixture(
            self.components, covariance_type=self.covariance, reg_covar=self.ridge, random_state=seed
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # where EM has not settled after 100 steps, its last step is taken
            mixture.fit(read(slice(None)))
        return len(rows) * mixture.weights_, mixture.means_, mixture.covariances_.reshape(-1, width, width)
