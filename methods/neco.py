"""NECO (Ben Ammar et al. 2024): neural collapse makes ID features lie in few directions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from bench.citation import Citation
from bench.errors import BenchError
from bench.extraction.outputs import Outputs
from bench.fitting.data import Facts, FitData
from bench.fitting.moments import moments
from bench.fitting.rowwise import rowwise
from bench.method_contract import Method, Scores, TensorScore, method

if TYPE_CHECKING:
    from torch import Tensor

    from bench.networks.classifier import NetworkOutput


@method("neco")
class NECO(Method):
    """The share of the feature's length that lies in the first principal directions of the training features.

    score = ||Pᵀ(z - mean)|| / ||z||, times the largest logit where `max_logit` says so. P holds the `dim` first
    principal directions. With `standardize` features are first centred and divided by their standard deviation over
    the training images; without, the paper's code projects the centred feature and divides by the length of the raw
    one. The paper's equation has no logit. Its code multiplies by the largest logit except for ResNets, and divides by
    the raw length for DeiT and Swin although it projects the standardized feature, which is not followed here.

    Args:
        dim: the number of principal directions, at least 0 and below the number of features. 0 is 100, the default of
            the authors' script; below 200 features it is K - 1, the dimension that K collapsed classes span, but at
            most half of the features.
        max_logit: whether to multiply by the largest logit; not for ResNets in the authors' code.
        standardize: whether to standardize features, as in the authors' code, which advises against it for networks
            whose classes have collapsed to points.
    """

    citation = Citation(
        title="NECO: NEural Collapse Based Out-of-distribution detection",
        authors="Mouïn Ben Ammar, Nacim Belkhir, Sebastian Popescu, Antoine Manzanera, Gianni Franchi",
        year=2024,
        venue="ICLR",
        url="https://arxiv.org/abs/2310.06823",
        where="equation 6",
    )
    equation = "‖Pᵀz‖ / ‖z‖"
    group = "features"
    needs = frozenset({"features", "training"})
    search = {"max_logit": (False, True), "standardize": (True, False)}  # noqa: RUF012 - read-only by contract

    def __init__(self, *, dim: int = 0, max_logit: bool = False, standardize: bool = True) -> None:
        if dim < 0:
            raise BenchError(f"neco: dim must be at least 0, got {dim}.")
        self.dim, self.max_logit, self.standardize = dim, max_logit, standardize

    def check(self, facts: Facts) -> None:
        """Refuse directions that span all features, where every score is 1."""
        super().check(facts)
        if self.dim >= facts.num_features:
            raise BenchError(f"neco: dim must be below the number of features, {facts.num_features}, got {self.dim}.")

    def fit(self, data: FitData) -> Self:
        """Find the principal directions."""
        known = moments(data)
        spread = np.sqrt(known.covariance.diagonal().clip(0)) if self.standardize else np.ones(len(known.mean))
        self.mean_, self.spread_ = known.mean, np.where(spread > 0, spread, 1.0)
        directions = data.once(("principal directions", self.standardize), lambda: _directions(data, self.spread_))
        dim = self.dim or _authors_dim(len(self.mean_), data.train.logits.shape[1])
        self.directions_ = directions[:, len(self.mean_) - dim :]
        return self

    def score(self, outputs: Outputs) -> Scores:
        """The share of each feature's length in the principal directions, by the largest logit if asked for `(N,)`."""
        shares = rowwise(len(outputs), 2 * len(self.mean_), lambda block: self._shares(outputs.features[block]))
        largest: Scores = outputs.logits.max(axis=1).astype(np.float64)
        return shares * largest if self.max_logit else shares

    def tensor_score(self) -> TensorScore:
        """`score` in torch."""
        from bench.tensors.constants import constant
        from bench.tensors.directions import divided, lengths

        mean, spread, axes = (constant(one) for one in (self.mean_, self.spread_, self.directions_))

        def score(output: NetworkOutput) -> Tensor:
            centred = (output.features - mean) / spread
            shares = divided(lengths(centred @ axes), lengths(centred if self.standardize else output.features))
            return shares * output.logits.amax(1) if self.max_logit else shares

        return score

    def _shares(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        centred = (features.astype(np.float64) - self.mean_) / self.spread_
        whole = np.linalg.norm(centred if self.standardize else features.astype(np.float64), axis=1)
        part = np.linalg.norm(centred @ self.directions_, axis=1)
        shares: NDArray[np.float64] = np.divide(part, whole, out=np.zeros(len(part)), where=whole != 0)
        return shares


def _authors_dim(num_features: int, num_classes: int) -> int:
    return 100 if num_features >= 200 else max(1, min(num_classes - 1, num_features // 2))


def _directions(data: FitData, spread: NDArray[np.float64]) -> NDArray[np.float64]:
    """The eigenvectors of the covariance of features divided by `spread`, those of the largest variance last."""
    return np.linalg.eigh(moments(data).covariance / np.outer(spread, spread)).eigenvectors
