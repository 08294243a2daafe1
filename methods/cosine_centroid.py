"""Class typical matching (Ngoc-Hieu et al. 2023): the cosine with the nearest class mean."""

from __future__ import annotations

from typing import Self

from bench.citation import Citation
from bench.extraction.outputs import Outputs
from bench.fitting.data import FitData
from bench.fitting.directions import directions
from bench.fitting.moments import moments
from bench.fitting.rowwise import rowwise
from bench.method_contract import Method, Scores, TensorScore, method


@method("cosine-centroid")
class CosineCentroid(Method):
    """The largest cosine between an image's features and a class's mean training features.

    The score is max_k cos(h, mu_k), in [-1, 1]. Features of zeros have a cosine of 0; classes without a training image
    are left out. detectors computes the same under the name of Techapanurak et al. 2020, who compare with the weights
    of the last layer (`max-cosine`).
    """

    citation = Citation(
        title="A Cosine Similarity-based Method for Out-of-Distribution Detection",
        authors="Nguyen Ngoc-Hieu, Nguyen Hung-Quang, The-Anh Ta, Thanh Nguyen-Tang, Khoa D Doan, Hoang Thanh-Tung",
        year=2023,
        venue="ICML Workshop on Spurious Correlations, Invariance, and Stability",
        url="https://arxiv.org/abs/2306.14920",
        where="section 3",
    )
    equation = "max_k h·μ_k / (‖h‖ ‖μ_k‖)"
    group = "features"
    needs = frozenset({"features", "training"})

    def fit(self, data: FitData) -> Self:
        """Take the directions of the class means."""
        self.directions_ = directions(moments(data).class_means)
        return self

    def score(self, outputs: Outputs) -> Scores:
        """The largest cosine of each image `(N,)`."""

        def largest(block: slice) -> Scores:
            found: Scores = (directions(outputs.features[block]) @ self.directions_.T).max(axis=1)
            return found

        return rowwise(len(outputs), 2 * sum(self.directions_.shape), largest)

    def tensor_score(self) -> TensorScore:
        """`score` in torch."""
        from bench.tensors.constants import constant
        from bench.tensors.directions import directions

        centroids = constant(self.directions_)
        return lambda output: (directions(output.features) @ centroids.T).amax(1)
