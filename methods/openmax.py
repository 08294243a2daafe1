"""OpenMax (Bendale & Boult 2016): how far an image's logits lie from those of the classes it could belong to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self, get_args

import numpy as np
from numpy.typing import NDArray

from bench.citation import Citation
from bench.errors import BenchError
from bench.extraction.outputs import Outputs
from bench.fitting.data import FitData
from bench.fitting.rowwise import rowwise
from bench.fitting.weibull import fit_tails
from bench.logits import log_sum_exp
from bench.method_contract import Method, Scores, TensorScore, method

if TYPE_CHECKING:
    from torch import Tensor

    from bench.networks.classifier import NetworkOutput

Distance = Literal["eucos", "euclidean", "cosine"]
Matrix = NDArray[np.float64]

EUCOS = 200
"""What the released code divides the Euclidean distance by before it adds the cosine distance."""


@method("openmax")
class OpenMax(Method):
    """The log odds of the known classes against an unknown one, whose logit is taken from theirs.

    Each class has the mean of the logits of its correctly classified training images, and a Weibull distribution of
    the `tail` largest of their distances to it, fitted as libMR does. The i-th largest logit of an image, i up to
    `alpha`, gives its share omega_i = w_i (alpha + 1 - i) / alpha to the unknown class, where w_i is the class's
    Weibull probability of the image's distance. score = log sum_k exp(f'_k) - f'_unknown is the log of P(known) /
    P(unknown), so that sure images do not tie. The paper's algorithm 2 prints the weight of the logit as
    1 - (alpha - i) / alpha exp(-(d / lambda)^kappa); this is its released code. Where there are fewer than `alpha`
    classes, alpha is their number. A class without a correctly classified training image has w = 1, as in
    pytorch-ood, which takes all training images, a tail of 25 and the Euclidean distance, and fits by simplex search.
    OpenOOD has an alpha of 3 and the Euclidean distance; detectors lists the name without an implementation.

    Args:
        tail: the number of distances that the distribution is fitted to, at least 2; 20 in the paper.
        alpha: the number of largest logits that are revised, at least 1; 10 in the paper.
        distance: `eucos`, the Euclidean distance / 200 plus the cosine distance, as released; `euclidean`; or `cosine`.
    """

    citation = Citation(
        title="Towards Open Set Deep Networks",
        authors="Abhijit Bendale, Terrance E. Boult",
        year=2016,
        venue="CVPR",
        url="https://arxiv.org/abs/1511.06233",
        where="algorithms 1 and 2",
    )
    equation = "log Σₖ exp f'ₖ - f'ᵤ with f'ₖ = fₖ (1 - ωₖ), f'ᵤ = Σₖ fₖ ωₖ"
    group = "logits"
    needs = frozenset({"training"})
    search = {  # noqa: RUF012 - read-only by contract
        "tail": (10, 20, 40),
        "alpha": (3, 10),
        "distance": ("eucos", "euclidean"),
    }

    def __init__(self, *, tail: int = 20, alpha: int = 10, distance: Distance = "eucos") -> None:
        if tail < 2 or alpha < 1:
            raise BenchError(f"openmax: tail must be at least 2 and alpha at least 1, got {tail} and {alpha}.")
        if distance not in get_args(Distance):
            raise BenchError(f"openmax: distance must be 'eucos', 'euclidean' or 'cosine', got '{distance}'.")
        self.tail, self.alpha = tail, alpha
        self.distance: Distance = distance

    def fit(self, data: FitData) -> Self:
        """Fit the tail of each class that has a correctly classified training image."""
        self.means_ = data.once("mean correct logits", lambda: _correct_means(data))
        key = ("distances of correct logits", self.distance)
        distances = data.once(key, lambda: _correct_distances(data, self.means_, self.distance))
        self.tails_ = fit_tails(distances, self.tail)
        return self

    def score(self, outputs: Outputs) -> Scores:
        """The log odds of the known classes `(N,)`."""
        return rowwise(len(outputs), 4 * len(self.means_), lambda block: self._log_odds(outputs.logits[block]))

    def tensor_score(self) -> TensorScore:
        """`score` in torch."""
        from bench.tensors.constants import constant
        from bench.tensors.logits import log_sum_exp
        from bench.tensors.weibull import TensorTails

        means, tails = constant(self.means_), TensorTails(self.tails_)
        count = min(self.alpha, len(means))
        ranks = (count - constant(np.arange(float(count)))) / count

        def score(output: NetworkOutput) -> Tensor:
            before, classes = output.logits.topk(count, dim=1)
            distances = _tensor_distances(output.logits[:, None], means[classes], self.distance)
            shares = tails.probability(distances, classes) * ranks
            known = output.logits.scatter(1, classes, before * (1 - shares))
            return log_sum_exp(known) - (before * shares).sum(1)

        return score

    def _log_odds(self, logits: NDArray[np.float32]) -> Scores:
        known = logits.astype(np.float64)
        ranked = _largest(known, min(self.alpha, known.shape[1]))
        count = ranked.shape[1]
        shares = np.empty(ranked.shape)
        for rank, classes in enumerate(ranked.T):
            outlying = self.tails_.probability(_distances(known, self.means_[classes], self.distance), classes)
            absent = np.isnan(self.tails_.smallest[classes])
            shares[:, rank] = np.where(absent, 1.0, outlying) * (count - rank) / count
        before = np.take_along_axis(known, ranked, axis=1)
        np.put_along_axis(known, ranked, before * (1 - shares), axis=1)
        odds: Scores = log_sum_exp(known) - (before * shares).sum(axis=1)
        return odds


def _distances(logits: Matrix, means: Matrix, distance: Distance) -> NDArray[np.float64]:
    """The distance of each row of logits `(N, K)` to the mean `(K,)`, or to its own one of the means `(N, K)`."""
    euclidean: NDArray[np.float64] = np.linalg.norm(logits - means, axis=1)
    if distance == "euclidean":
        return euclidean
    lengths = np.linalg.norm(logits, axis=1) * np.linalg.norm(means, axis=-1)
    products = (logits * means).sum(axis=1)
    cosine: NDArray[np.float64] = 1 - np.divide(products, lengths, out=np.zeros_like(products), where=lengths != 0)
    return cosine if distance == "cosine" else euclidean / EUCOS + cosine


def _tensor_distances(logits: Tensor, means: Tensor, distance: Distance) -> Tensor:
    """`_distances` of logits `(N, 1, K)` from means `(N, A, K)` in torch, `(N, A)`."""
    from bench.tensors.directions import divided

    euclidean = (logits - means).square().sum(2).sqrt()
    if distance == "euclidean":
        return euclidean
    lengths = logits.square().sum(2).sqrt() * means.square().sum(2).sqrt()
    cosine = 1 - divided((logits * means).sum(2), lengths)
    return cosine if distance == "cosine" else euclidean / EUCOS + cosine


def _correct_rows(data: FitData) -> list[NDArray[np.intp]]:
    """The correctly classified training images of each class."""
    right = np.flatnonzero(data.train.correct)
    order = right[np.argsort(data.labels[right], kind="stable")]
    counts = np.bincount(data.labels[right], minlength=data.train.logits.shape[1])
    return np.split(order, counts.cumsum()[:-1])


def _correct_means(data: FitData) -> Matrix:
    """The mean logits of each class's correctly classified training images `(K, K)`, NaN where there are none."""
    logits = data.train.logits
    means = np.full((logits.shape[1], logits.shape[1]), np.nan)
    for label, rows in enumerate(_correct_rows(data)):
        if len(rows):
            means[label] = logits[rows].mean(axis=0, dtype=np.float64)
    return means


def _correct_distances(data: FitData, means: Matrix, distance: Distance) -> list[NDArray[np.float64]]:
    """How far each class's correctly classified training images lie from their mean."""
    logits = data.train.logits
    pairs = zip(_correct_rows(data), means, strict=True)
    return [_distances(logits[rows].astype(np.float64), mean, distance) for rows, mean in pairs]


def _largest(logits: Matrix, count: int) -> NDArray[np.intp]:
    """The classes of the `count` largest logits of each row, the largest one first."""
    found = np.argpartition(logits, -count, axis=1)[:, -count:]
    order = np.take_along_axis(logits, found, axis=1).argsort(axis=1, kind="stable")[:, ::-1]
    return np.take_along_axis(found, order, axis=1)
