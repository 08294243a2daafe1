"""Neural relation graph (Kim et al. 2023): how strongly an image is related to the training images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from bench.citation import Citation
from bench.errors import BenchError
from bench.extraction.outputs import Floats, Outputs
from bench.fitting.blocks import blocks
from bench.fitting.data import FitData
from bench.fitting.directions import directions, inverse_lengths
from bench.fitting.threads import in_threads
from bench.logits import log_softmax, log_softmax_of
from bench.method_contract import Method, Scores, TensorScore, method

if TYPE_CHECKING:
    from torch import Tensor

    from bench.networks.classifier import NetworkOutput

TILE, ROWS = 256, 1024
"""How many training images and how many others are related at once."""


@dataclass(frozen=True, eq=False)
class Graph:
    """The training images' features, 1 / lengths and probabilities, in an order in which like predictions are near.

    `ceilings` `(T, K)` are the largest probabilities of each class in each tile of training images.
    """

    features: Floats
    inverse: NDArray[np.float64]
    probabilities: Floats
    ceilings: NDArray[np.float64]


@method("relation")
class Relation(Method):
    """The sum of an image's relations to all training images: cosine of features times product of probabilities.

    r(x, b) = max(0, cos(h(x), h(b))) p(x).p(b) with p the softmax; relations up to `threshold` are left out; the score
    is sum_b r(x, b)^power. The paper calls an image an outlier where 1 / the sum is large, the same order.

    The authors' code has a power of 4 for wrong labels and asks for 1 when it looks for outliers, as OpenOOD does.
    All training images take part, in float64; those whose probabilities alone keep a relation below the threshold are
    passed over, which changes nothing. The training images' probabilities are rounded to float32.

    Args:
        power: the paper's temperature t of the kernel, a whole number from 1 on; 1 in the paper for outliers.
        threshold: relations up to this one are left out, from 0 on; 0.03 in the authors' code.
    """

    citation = Citation(
        title="Neural Relation Graph: A Unified Framework for Identifying Label Noise and Outlier Data",
        authors="Jang-Hyun Kim, Sangdoo Yun, Hyun Oh Song",
        year=2023,
        venue="NeurIPS",
        url="https://arxiv.org/abs/2301.12321",
        where="sections 3.1 and 3.3",
    )
    equation = "Σ_b [r(x, b) > τ] r(x, b)ᵗ with r(x, b) = max(0, cos(h(x), h(b))) p(x)·p(b)"
    group = "features"
    needs = frozenset({"features", "training"})
    search = {"power": (1, 2, 4, 6, 8)}  # noqa: RUF012 - read-only by contract

    def __init__(self, *, power: int = 1, threshold: float = 0.03) -> None:
        if power < 1 or threshold < 0:
            raise BenchError(f"relation: power must be at least 1 and threshold 0, got {power} and {threshold}.")
        self.power, self.threshold = power, threshold

    def fit(self, data: FitData) -> Self:
        """Keep the training images' features and probabilities."""
        self.graph_ = data.once("relation graph", lambda: _graph(data.train))
        return self

    def score(self, outputs: Outputs) -> Scores:
        """The sum of each image's relations `(N,)`, at least 0."""
        parts = [slice(start, start + ROWS) for start in range(0, len(outputs), ROWS)]
        log_p = log_softmax_of(outputs)
        sums = in_threads(lambda part: self._sums(outputs.features[part], np.exp(log_p[part])), parts)
        return np.concatenate(sums) if sums else np.zeros(0)

    def tensor_score(self) -> TensorScore:
        """`score` in torch."""
        from bench.tensors.constants import constant
        from bench.tensors.directions import directions
        from bench.tensors.logits import log_softmax

        graph = self.graph_
        features, inverse, probabilities = (
            constant(one) for one in (graph.features, graph.inverse, graph.probabilities)
        )

        def score(output: NetworkOutput) -> Tensor:
            likeness = directions(output.features) @ features.double().T * inverse
            relations = likeness * (log_softmax(output.logits).exp() @ probabilities.double().T)
            return (relations.clamp(min=0).pow(self.power) * (relations > self.threshold)).sum(1)

        return score

    def _sums(self, features: Floats, probabilities: NDArray[np.float64]) -> Scores:
        graph, found = self.graph_, np.zeros(len(features))
        asked = directions(features)
        likeliest = probabilities @ graph.ceilings.T
        for tile in range(len(graph.ceilings)):
            related = np.flatnonzero(~(likeliest[:, tile] <= self.threshold - 1e-9))
            part = slice(tile * TILE, (tile + 1) * TILE)
            bank = graph.features[part].astype(np.float64) * graph.inverse[part, None]
            relations = asked[related] @ bank.T
            relations *= probabilities[related] @ graph.probabilities[part].astype(np.float64).T
            relations[relations <= self.threshold] = 0
            powers = relations
            for _ in range(1, self.power):
                powers = powers * relations
            found[related] += powers.sum(1)
        return found


def _graph(train: Outputs) -> Graph:
    """The graph's training images by predicted class, the surest first."""
    probabilities = np.empty(train.logits.shape, np.float32)
    for block in blocks(len(train), 3 * train.logits.shape[1]):
        probabilities[block] = np.exp(log_softmax(train.logits[block]))
    order = np.lexsort((-probabilities.max(1), train.predictions))
    features, probabilities = train.features[order], probabilities[order]
    starts = range(0, len(order), TILE)
    ceilings = np.array([probabilities[start : start + TILE].max(0) for start in starts], np.float64)
    return Graph(features, inverse_lengths(features), probabilities, ceilings)
