"""Distance to the decision boundaries (Liu & Qin 2024)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self, get_args

import numpy as np

from bench.citation import Citation
from bench.errors import BenchError
from bench.extraction.outputs import Outputs
from bench.fitting.data import FitData
from bench.fitting.moments import moments
from bench.fitting.rowwise import rowwise
from bench.method_contract import Method, Scores, TensorScore, method

if TYPE_CHECKING:
    from torch import Tensor

    from bench.networks.classifier import NetworkOutput

Normalizer = Literal["deviation", "length"]


@method("fdbd")
class FDBD(Method):
    """The mean distance of the features to the decision boundaries, in units of their distance to the training mean.

    A feature of predicted class c lies |f_c - f_k| / ||w_c - w_k|| from the boundary with class k; the score is the
    mean of it over the K - 1 other classes, divided by ||h - mean h||. pytorch-ood computes the same; the authors'
    code and OpenOOD have the sum in place of the mean. A feature is at no distance from a class with the same weights.

    Args:
        normalizer: `deviation`, ||h - mean h||, as in the paper; `length`, ||h||, is the alternative in OpenOOD.
    """

    citation = Citation(
        title="Fast Decision Boundary based Out-of-Distribution Detector",
        authors="Litian Liu, Yao Qin",
        year=2024,
        venue="ICML",
        url="https://arxiv.org/abs/2312.11536",
        where="section 3, fDBD",
    )
    equation = "1/(K-1) Σ_k≠c |f_c - f_k| / (‖w_c - w_k‖ ‖h - E[h]‖)"
    group = "features"
    needs = frozenset({"features", "head", "training"})
    search = {"normalizer": ("deviation", "length")}  # noqa: RUF012 - read-only by contract

    def __init__(self, *, normalizer: Normalizer = "deviation") -> None:
        if normalizer not in get_args(Normalizer):
            raise BenchError(f"fdbd: normalizer must be deviation or length, got '{normalizer}'.")
        self.normalizer: Normalizer = normalizer

    def fit(self, data: FitData) -> Self:
        """Learn the mean feature, and the distances between the classes' weights."""
        self.origin_ = moments(data).mean if self.normalizer == "deviation" else np.zeros(data.features.shape[1])
        weight = data.head.weight
        apart = np.array([np.linalg.norm(weight - row, axis=1) for row in weight])
        self.inverse_ = np.divide(1.0, apart, out=np.zeros_like(apart), where=apart > 0) / max(1, len(weight) - 1)
        return self

    def score(self, outputs: Outputs) -> Scores:
        """The mean distance of each image to the other classes `(N,)`, at least 0."""
        predictions = outputs.predictions

        def distances(block: slice) -> Scores:
            logits, predicted = outputs.logits[block].astype(np.float64), predictions[block]
            gaps = logits[np.arange(len(logits)), predicted][:, None] - logits
            to_boundaries = np.einsum("ij,ij->i", gaps, self.inverse_[predicted])
            away = np.linalg.norm(outputs.features[block].astype(np.float64) - self.origin_, axis=1)
            found: Scores = to_boundaries / np.maximum(away, np.finfo(np.float32).tiny)
            return found

        return rowwise(len(outputs), 3 * len(self.inverse_) + 2 * len(self.origin_), distances)

    def tensor_score(self) -> TensorScore:
        """`score` in torch."""
        from bench.tensors.constants import constant
        from bench.tensors.directions import lengths

        origin, inverse = constant(self.origin_), constant(self.inverse_)
        least = float(np.finfo(np.float32).tiny)

        def score(output: NetworkOutput) -> Tensor:
            largest, predictions = output.logits.max(1, keepdim=True)
            to_boundaries = ((largest - output.logits) * inverse[predictions.squeeze(1)]).sum(1)
            return to_boundaries / lengths(output.features - origin).clamp(min=least)

        return score
