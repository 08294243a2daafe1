"""Neural collapse inspired detection (Liu & Qin 2025): nearness to the predicted class's weights, and the length."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

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


@method("nci")
class NCI(Method):
    """The projection of the predicted class's weights on the centred features' direction, plus a share of their norm.

    With c the predicted class and m the mean training feature the score is w_c.(h - m) / ||h - m|| + alpha ||h||_p.
    The first part is the cosine times the length of w_c, as in the authors' code, which is the one in OpenOOD, and in
    pytorch-ood (whose alpha is 0). A feature that is the mean has a first part of 0.

    Args:
        alpha: the weight of the norm, at least 0. Chosen on validation data in the paper; 0.0001 is the value, and
            0.0001 to 0.1 the search, of the authors' code.
        order: p of the norm, at least 1; 1 in the authors' code.
    """

    citation = Citation(
        title="Detecting Out-of-Distribution through the Lens of Neural Collapse",
        authors="Litian Liu, Yao Qin",
        year=2025,
        venue="CVPR",
        url="https://arxiv.org/abs/2311.01479",
        where="NCI: pScore and its filter by the norm",
    )
    equation = "w_c·(h - E[h]) / ‖h - E[h]‖ + α ‖h‖_p with c = argmax f"
    group = "features"
    needs = frozenset({"features", "head", "training"})
    search = {"alpha": (0.0, 0.0001, 0.001, 0.01, 0.1)}  # noqa: RUF012 - read-only by contract

    def __init__(self, *, alpha: float = 0.0001, order: int = 1) -> None:
        if alpha < 0 or order < 1:
            raise BenchError(f"nci: alpha must be at least 0 and order at least 1, got {alpha} and {order}.")
        self.alpha, self.order = alpha, order

    def fit(self, data: FitData) -> Self:
        """Learn the mean feature and take the weights."""
        self.mean_, self.weight_ = moments(data).mean, data.head.weight
        return self

    def score(self, outputs: Outputs) -> Scores:
        """The projection and the norm of each image `(N,)`."""
        predictions = outputs.predictions

        def near(block: slice) -> Scores:
            features = outputs.features[block].astype(np.float64)
            centred = features - self.mean_
            projection = np.einsum("ij,ij->i", centred, self.weight_[predictions[block]])
            away = np.linalg.norm(centred, axis=1)
            near_weights = np.divide(projection, away, out=np.zeros(len(away)), where=away != 0)
            found: Scores = near_weights + self.alpha * np.linalg.norm(features, self.order, axis=1)
            return found

        return rowwise(len(outputs), 4 * len(self.mean_), near)

    def tensor_score(self) -> TensorScore:
        """`score` in torch."""
        from bench.tensors.constants import constant
        from bench.tensors.directions import divided, lengths

        mean, weight = constant(self.mean_), constant(self.weight_)

        def score(output: NetworkOutput) -> Tensor:
            centred = output.features - mean
            projection = (centred * weight[output.logits.argmax(1)]).sum(1)
            order = output.features.abs().pow(self.order).sum(1).pow(1 / self.order)
            return divided(projection, lengths(centred)) + self.alpha * order

        return score
