"""MC dropout (Gal & Ghahramani 2016): the mean prediction of passes in which features are dropped at random."""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import NDArray

from bench.citation import Citation
from bench.errors import BenchError
from bench.extraction.outputs import Floats, Outputs
from bench.fitting.data import FitData, Head
from bench.fitting.rowwise import rowwise
from bench.logits import Doubles
from bench.method_contract import Method, Scores, method
from bench.seeds import derived_seed

from .deep_ensemble import Measure, certainty, checked_measure

TOGETHER = 3
"""Passes whose products are taken together; with p = 0.5 it saves two fifths of the work."""


@method("mc-dropout")
class MCDropout(Method):
    """The certainty of the mean softmax over passes with dropout before the last layer.

    Pass t keeps feature d with probability 1 - p (z_td = 1, else 0); with h the features, W and b the last layer:
    q = 1/T sum_t softmax(W (z_t * h) / (1 - p) + b), and the score is log max_k q_k, or sum_k q_k log q_k. Only the
    last layer is after the dropout, so no pass of the network is needed. That is where the paper's image classifier
    has it; the paper's network was trained with dropout, here it may be any. The masks z_t are the same for all
    images, so that an image's score depends on that image alone.

    pytorch-ood switches on the dropout layers that the network has, and gives the mean variance of the softmax unless
    told otherwise; its other mode is this score with new masks for each image. OpenOOD drops features here too, but
    averages the logits of 5 passes instead of their softmax; the more passes, the less that differs from no dropout.
    detectors averages the softmax of 5 passes with the network's own dropout layers, the first of which counts twice,
    and gives the largest softmax probability of a network without any.

    Args:
        p: the probability that a feature is dropped, in (0, 1); 0.5 in the paper.
        passes: T, the number of masks, at least 1; 100 in the paper.
        measure: `max-probability`; or `entropy`, the negative predictive entropy.
        seed: seed of the masks.
    """

    citation = Citation(
        title="Dropout as a Bayesian Approximation: Representing Model Uncertainty in Deep Learning",
        authors="Yarin Gal, Zoubin Ghahramani",
        year=2016,
        venue="ICML",
        url="https://arxiv.org/abs/1506.02142",
        where="sections 4 and 5.2",
    )
    equation = "log max_k q_k with q = 1/T Σ_t softmax(W (z_t ⊙ h) / (1 - p) + b), z_td ~ Bernoulli(1 - p)"
    group = "inputs"
    needs = frozenset({"features", "head"})
    search = {"p": (0.1, 0.25, 0.5, 0.75)}  # noqa: RUF012 - read-only by contract

    def __init__(
        self, *, p: float = 0.5, passes: int = 100, measure: Measure = "max-probability", seed: int = 0
    ) -> None:
        if not 0 < p < 1:
            raise BenchError(f"mc-dropout: p must be between 0 and 1, and neither, got {p}.")
        if passes < 1:
            raise BenchError(f"mc-dropout: passes must be at least 1, got {passes}.")
        self.p, self.passes, self.seed = p, passes, seed
        self.measure: Measure = checked_measure("mc-dropout", measure)

    def fit(self, data: FitData) -> Self:
        """Take the last layer."""
        self.head_ = data.head
        return self

    def score(self, outputs: Outputs) -> Scores:
        """The certainty of each image's mean prediction `(N,)`."""
        kept = masks(self.seed, self.passes, outputs.features.shape[1], self.p)
        classes, features = self.head_.weight.shape

        def of_block(block: slice) -> Doubles:
            mean = mean_softmax(outputs.features[block], self.head_, kept, self.p)
            with np.errstate(divide="ignore"):  # the logarithm of a probability that rounds to 0
                return certainty(np.log(mean), self.measure)

        return rowwise(len(outputs), 2**TOGETHER * classes + features, of_block)


def masks(seed: int, passes: int, width: int, p: float) -> NDArray[np.bool_]:
    """Which features each pass keeps, `(T, D)`; mask t is the same however many passes there are."""
    streams = [np.random.default_rng(derived_seed(seed, "mc-dropout", one)) for one in range(passes)]
    return np.array([stream.random(width) >= p for stream in streams])


def mean_softmax(features: Floats, head: Head, kept: NDArray[np.bool_], p: float) -> Doubles:
    """The mean over the passes of what the last layer says of features `(N, D)`, `(N, K)`.

    Images stand in columns, so that taking features copies whole rows.
    """
    hidden = np.ascontiguousarray(features.T, np.float64) / (1 - p)
    weight = np.ascontiguousarray(head.weight.T)
    total = np.zeros((len(head.bias), len(features)))
    with np.errstate(invalid="ignore"):  # infinite features have no prediction, and say so by NaN
        for first in range(0, len(kept), TOGETHER):
            for logits in _products(hidden, weight, kept[first : first + TOGETHER]):
                total += _softmax_in_place(logits, head.bias)
    mean: Doubles = total.T / len(kept)
    return mean


def _products(hidden: Doubles, weight: Doubles, kept: NDArray[np.bool_]) -> Doubles:
    """`weight.T @ hidden` `(t, K, N)` of the features that each of t passes keeps, without what it drops.

    Features that are kept by the same passes are multiplied once for all of these: with three passes and p = 0.5
    that is 7/8 of a whole product instead of 3/2.
    """
    patterns, place = np.unique(kept, axis=1, return_inverse=True)
    cells = [place.ravel() == one for one in range(patterns.shape[1])]
    products = np.empty((len(cells), weight.shape[1], hidden.shape[1]))
    for cell, product in zip(cells, products, strict=True):
        np.matmul(weight[cell].T, hidden[cell], out=product)
    sums: Doubles = patterns.astype(np.float64) @ products.reshape(len(cells), -1)
    return sums.reshape(len(kept), *products.shape[1:])


def _softmax_in_place(logits: Doubles, bias: Doubles) -> Doubles:
    """The softmax over classes of `logits` `(K, N)` that lack `bias` `(K,)`; written over them."""
    logits += bias[:, None]
    logits -= logits.max(axis=0)
    np.exp(logits, out=logits)
    logits /= logits.sum(axis=0)
    return logits
