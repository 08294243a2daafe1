"""Simplified Hopfield energy (Zhang et al. 2023): likeness to the stored pattern of the predicted class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self, get_args

import numpy as np

from bench.citation import Citation
from bench.errors import BenchError
from bench.extraction.outputs import Outputs
from bench.fitting.correct import correct_means
from bench.fitting.data import Facts, FitData
from bench.fitting.directions import directions
from bench.fitting.rowwise import rowwise
from bench.method_contract import Method, Scores, TensorScore, method

if TYPE_CHECKING:
    from torch import Tensor

    from bench.networks.classifier import NetworkOutput

Metric = Literal["inner-product", "euclidean", "cosine"]


@method("she")
class SHE(Method):
    """The inner product of the features with the mean training features of the predicted class.

    The pattern S_c of a class is the mean over its training images that the network classifies correctly; with c the
    predicted class the score is h.S_c. A class none of whose images is classified correctly has the mean of them all:
    the paper does not say, pytorch-ood refuses, OpenOOD's scores become NaN. oodeel takes the largest inner product
    of all classes instead of the predicted one's, divides by the number of features, and moves the image first.

    Args:
        metric: `inner-product` as in the paper; OpenOOD also offers `euclidean`, the negated distance, and `cosine`.
    """

    citation = Citation(
        title="Out-of-Distribution Detection based on In-Distribution Data Patterns Memorization with Modern Hopfield "
        "Energy",
        authors="Jinsong Zhang, Qiang Fu, Xu Chen, Lun Du, Zelin Li, Gang Wang, Xiaoguang Liu, Shi Han, Dongmei Zhang",
        year=2023,
        venue="ICLR",
        url="https://openreview.net/forum?id=KkazG4lgKL",
        where="section 3",
    )
    equation = "h·S_c with c = argmax f and S_c the mean of correctly classified h"
    group = "features"
    needs = frozenset({"features", "training"})
    search = {"metric": ("inner-product", "euclidean", "cosine")}  # noqa: RUF012 - read-only by contract

    def __init__(self, *, metric: Metric = "inner-product") -> None:
        if metric not in get_args(Metric):
            raise BenchError(f"she: metric must be inner-product, euclidean or cosine, got '{metric}'.")
        self.metric: Metric = metric

    def check(self, facts: Facts) -> None:
        """Refuse a class that may be predicted and has no training image to make a pattern of."""
        super().check(facts)
        if facts.class_counts is not None and facts.class_counts.min(initial=1) == 0:
            absent = int(np.argmin(facts.class_counts))
            raise BenchError(f"she needs a training image of every class, and class {absent} has none.")

    def fit(self, data: FitData) -> Self:
        """Store a pattern for each class."""
        self.patterns_ = correct_means(data)
        return self

    def score(self, outputs: Outputs) -> Scores:
        """How like its predicted class's pattern each image is `(N,)`."""
        predictions = outputs.predictions

        def likeness(block: slice) -> Scores:
            features, patterns = outputs.features[block].astype(np.float64), self.patterns_[predictions[block]]
            if self.metric == "euclidean":
                distances: Scores = np.linalg.norm(features - patterns, axis=1)
                return -distances
            if self.metric == "cosine":
                features, patterns = directions(features), directions(patterns)
            products: Scores = np.einsum("ij,ij->i", features, patterns)
            return products

        return rowwise(len(outputs), 4 * self.patterns_.shape[1], likeness)

    def tensor_score(self) -> TensorScore:
        """`score` in torch."""
        from bench.tensors.constants import constant
        from bench.tensors.directions import directions, lengths

        patterns = constant(self.patterns_)

        def score(output: NetworkOutput) -> Tensor:
            features, pattern = output.features, patterns[output.logits.argmax(1)]
            if self.metric == "euclidean":
                return -lengths(features - pattern)
            if self.metric == "cosine":
                features, pattern = directions(features), directions(pattern)
            return (features * pattern).sum(1)

        return score
