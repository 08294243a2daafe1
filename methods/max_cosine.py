"""Maximum cosine similarity to the class weights (Techapanurak et al. 2020)."""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import NDArray

from bench.citation import Citation
from bench.extraction.outputs import Outputs
from bench.fitting.data import FitData
from bench.fitting.rowwise import rowwise
from bench.method_contract import Method, Scores, TensorScore, method


@method("max-cosine")
class MaxCosine(Method):
    """The largest cosine between an image's features and a class's weight vector.

    The score is max_k cos(h, w_k) with h the features and w_k the rows of the last layer, in [-1, 1]; lengths and
    biases do not count. Features or weights of length zero have a cosine of 0.

    The paper trains its network with a softmax over scaled cosines; here it is read off any network's last layer, as
    in Zhang & Xiang 2023 (Decoupling MaxLogit). detectors compares with the classes' mean training features in place
    of their weights.
    """

    citation = Citation(
        title="Hyperparameter-Free Out-of-Distribution Detection Using Cosine Similarity",
        authors="Engkarat Techapanurak, Masanori Suganuma, Takayuki Okatani",
        year=2020,
        venue="ACCV",
        url="https://openaccess.thecvf.com/content/ACCV2020/html/"
        "Techapanurak_Hyperparameter-Free_Out-of-Distribution_Detection_Using_Cosine_Similarity_ACCV_2020_paper.html",
        where="section 3",
    )
    equation = "max_k h·w_k / (‖h‖ ‖w_k‖)"
    group = "features"
    needs = frozenset({"features", "head"})

    def fit(self, data: FitData) -> Self:
        """Take the directions of the weights."""
        self.directions_ = _directions(data.head.weight)
        return self

    def score(self, outputs: Outputs) -> Scores:
        """The largest cosine of each image `(N,)`."""

        def cosines(block: slice) -> NDArray[np.float64]:
            largest: NDArray[np.float64] = (
                _directions(outputs.features[block].astype(np.float64)) @ self.directions_.T
            ).max(axis=1)
            return largest

        return rowwise(len(outputs), sum(self.directions_.shape), cosines)

    def tensor_score(self) -> TensorScore:
        """`score` in torch."""
        from bench.tensors.constants import constant
        from bench.tensors.directions import directions

        weights = constant(self.directions_)
        return lambda output: (directions(output.features) @ weights.T).amax(1)


def _directions(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each row divided by its length; rows of zeros stay."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    directions: NDArray[np.float64] = rows / np.where(lengths == 0, 1.0, lengths)
    return directions
