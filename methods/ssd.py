"""SSD (Sehwag et al. 2021): Mahalanobis distances of normalised features to clusters, each with its own spread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from bench.citation import Citation
from bench.errors import BenchError
from bench.extraction.outputs import Outputs
from bench.fitting.blocks import blocks
from bench.fitting.data import Facts, FitData
from bench.fitting.directions import directions
from bench.fitting.gaussians import mean_and_covariance, require_room
from bench.fitting.rowwise import rowwise
from bench.fitting.whitening import Whitening, squares
from bench.method_contract import Method, Scores, TensorScore, method
from bench.seeds import derived_seed

if TYPE_CHECKING:
    from torch import Tensor

    from bench.networks.classifier import NetworkOutput


@dataclass(frozen=True, eq=False)
class Standard:
    """The `mean` and the `spread` `(D,)` of the training features' directions; 1 where they do not vary."""

    mean: NDArray[np.float64]
    spread: NDArray[np.float64]

    def __call__(self, features: NDArray[Any]) -> NDArray[np.float64]:
        """The directions of features `(N, D)`, less the mean, in units of the spread."""
        standard: NDArray[np.float64] = (directions(features) - self.mean) / self.spread
        return standard


@method("ssd")
class SSD(Method):
    """The smallest squared Mahalanobis distance of the normalised features to a cluster, negated.

    Features are divided by their lengths, then standardised; with mean m_j and covariance S_j of each cluster of
    training images the score is -min_j (z - m_j)^T S_j^-1 (z - m_j), with pseudo-inverses. The paper learns features
    without labels; here they are those of any network. It finds one cluster best, and the authors' code takes the
    classes as clusters wherever more are asked of a network trained by cross-entropy. OpenOOD's `ssd` has one
    cluster and does not normalise; detectors' has as many clusters from k-means as there are classes.

    Args:
        clusters: 1 in the paper; 0 makes each class a cluster; from 2 on k-means finds so many in all images.
    """

    citation = Citation(
        title="SSD: A Unified Framework for Self-Supervised Outlier Detection",
        authors="Vikash Sehwag, Mung Chiang, Prateek Mittal",
        year=2021,
        venue="ICLR",
        url="https://arxiv.org/abs/2103.12051",
        where="section 3",
    )
    equation = "-min_j (z - m_j)ᵀ Σ_j⁻¹ (z - m_j) with z the standardised h / ‖h‖"
    group = "features"
    needs = frozenset({"features", "training"})
    search = {"clusters": (1, 0)}  # noqa: RUF012 - read-only by contract

    def __init__(self, *, clusters: int = 1) -> None:
        if clusters < 0:
            raise BenchError(f"ssd: clusters must be at least 0, got {clusters}.")
        self.clusters = clusters

    def check(self, facts: Facts) -> None:
        """Refuse more clusters than there are images, and covariances that take too much memory."""
        super().check(facts)
        if facts.class_counts is not None and self.clusters > facts.num_train:
            raise BenchError(
                f"ssd: clusters must be at most the {facts.num_train} training images, got {self.clusters}."
            )
        require_room(self.name, self.clusters or facts.num_classes, facts.num_features, "use clusters=1")

    def fit(self, data: FitData) -> Self:
        """Find the clusters, and the mean and covariance of each."""
        self.standard_, whole = data.once("standard directions", lambda: _standard(data))
        self.clusters_ = whole if self.clusters == 1 else self._several(data)
        return self

    def score(self, outputs: Outputs) -> Scores:
        """The negated squared distance of each image to the nearest cluster `(N,)`."""

        def nearest(block: slice) -> Scores:
            standard = self.standard_(outputs.features[block])
            distances: Scores = np.min([squares(whitening(standard)) for whitening in self.clusters_], axis=0)
            return -distances

        return rowwise(len(outputs), 4 * len(self.standard_.mean) + len(self.clusters_), nearest)

    def tensor_score(self) -> TensorScore:
        """`score` in torch."""
        import torch

        from bench.tensors.constants import constant
        from bench.tensors.directions import directions
        from bench.tensors.whitening import TensorWhitening

        mean, spread = constant(self.standard_.mean), constant(self.standard_.spread)
        clusters = [TensorWhitening(whitening) for whitening in self.clusters_]

        def score(output: NetworkOutput) -> Tensor:
            standard = (directions(output.features) - mean) / spread
            return -torch.stack([cluster.squared_lengths(standard) for cluster in clusters]).amin(0)

        return score

    def _several(self, data: FitData) -> list[Whitening]:
        def compute() -> list[Whitening]:
            return _whitenings(data, self.standard_, self._members(data))

        return data.once(("ssd clusters", self.clusters), compute)

    def _members(self, data: FitData) -> NDArray[np.int64]:
        """The cluster of each training image."""
        if self.clusters == 0:
            return data.labels
        from sklearn.cluster import KMeans

        standard = np.empty_like(data.features, np.float32)
        for block in blocks(len(standard), 2 * standard.shape[1]):
            standard[block] = self.standard_(data.features[block])
        seed = derived_seed(0, "ssd", "clusters") % 2**32
        once: Any = 1  # scikit-learn's own annotation knows "auto" alone
        clustering = KMeans(self.clusters, n_init=once, random_state=seed)
        found: NDArray[np.int64] = clustering.fit_predict(standard).astype(np.int64)
        return found


def _standard(data: FitData) -> tuple[Standard, list[Whitening]]:
    """What standardises the directions of the training features, and the whitening of all of them as one cluster."""
    count, width = len(data.features), data.features.shape[1]
    mean, covariance = mean_and_covariance(count, width, lambda block: directions(data.features[block]))
    variance = covariance.diagonal()
    spread = np.sqrt(np.where(variance > 0, variance, 1.0))
    return Standard(mean, spread), [Whitening.of(np.zeros(width), covariance / np.outer(spread, spread))]


def _whitenings(data: FitData, standard: Standard, members: NDArray[np.int64]) -> list[Whitening]:
    """The whitening of each cluster by its own covariance."""

    def whitening(rows: NDArray[np.intp]) -> Whitening:
        width = data.features.shape[1]
        return Whitening.of(*mean_and_covariance(len(rows), width, lambda block: standard(data.features[rows[block]])))

    return [whitening(np.flatnonzero(members == cluster)) for cluster in np.unique(members)]
