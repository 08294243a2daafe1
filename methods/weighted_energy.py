"""Weighted energy (Du et al. 2022), with the weights learned beside a network that stays as it is."""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import NDArray

from bench.citation import Citation
from bench.errors import BenchError
from bench.extraction.outputs import Outputs
from bench.fitting.blocks import blocks
from bench.fitting.data import FitData
from bench.fitting.moments import moments
from bench.logits import log_sum_exp
from bench.method import Method, Scores, method
from bench.seeds import derived_seed

RIDGE, DECAY = 1e-4, 5e-4
IMAGES = 10_000

Matrix = NDArray[np.float64]


@method("weighted-energy")
class WeightedEnergy(Method):
    """The log-sum-exp of the logits, with a weight for each class that virtual outliers have taught.

    The score is s(x) = log sum_k w_k exp(f_k), w_k > 0; the paper's energy is its negative. In the paper (VOS) the
    weights are learned together with the network. Here the network stays as it is, and the paper's uncertainty loss
    is minimised over the weights alone: mean log(1 + exp(-s - b)) over training images plus mean log(1 + exp(s + b))
    over virtual outliers, with the authors' weight decay of 5e-4 on log w, which draws the weights to 1. The shift b
    is learned too and left out of the score. A class without a training image keeps the weight 1.

    Virtual outliers are the paper's: features drawn from one Gaussian per class with a shared covariance (plus 1e-4 on
    its diagonal), of which only the least likely of many samples is kept. Its distance from the mean is the largest of
    that many, and its direction is uniform, so it is drawn at once. There are as many outliers as training images,
    at most 10,000 of each.

    pytorch-ood is given the weights and clips them at 0; the authors' test code leaves them out, which is `energy`.

    Args:
        sample_from: each virtual outlier is the least likely of so many samples; at least 1; 10,000 in the authors'
            code.
        seed: of the draw of outliers, and of training images where there are more than 10,000.
    """

    citation = Citation(
        title="VOS: Learning What You Don't Know by Virtual Outlier Synthesis",
        authors="Xuefeng Du, Zhaoning Wang, Mu Cai, Yixuan Li",
        year=2022,
        venue="ICLR",
        url="https://arxiv.org/abs/2202.01197",
        where="section 3",
    )
    equation = "log Σ_k w_k exp(f_k), w from training images against virtual outliers"
    group = "logits"
    needs = frozenset({"features", "head", "training"})

    def __init__(self, *, sample_from: int = 10_000, seed: int = 0) -> None:
        if sample_from < 1:
            raise BenchError(f"weighted-energy: sample_from must be at least 1, got {sample_from}.")
        self.sample_from, self.seed = sample_from, seed

    def fit(self, data: FitData) -> Self:
        """Learn the logarithms of the weights."""
        stream = np.random.default_rng(derived_seed(self.seed, "weighted-energy"))
        total = len(data.train)
        count = min(total, IMAGES)
        chosen = np.sort(stream.choice(total, count, replace=False))
        outliers = _virtual_outliers(data, count, self.sample_from, stream)
        present = moments(data).present
        self.log_weights_ = _separating(data.train.logits[chosen].astype(np.float64), outliers, present)
        return self

    def score(self, outputs: Outputs) -> Scores:
        """The weighted log-sum-exp of each image `(N,)`."""
        return log_sum_exp(outputs.logits + self.log_weights_)


def _virtual_outliers(data: FitData, count: int, sample_from: int, stream: np.random.Generator) -> Matrix:
    """Logits `(count, K)` of virtual outliers, taking the classes in turn."""
    from scipy.special import gammainccinv

    known, width = moments(data), data.head.weight.shape[1]
    root = np.linalg.cholesky(known.within_covariance + RIDGE * np.eye(width))
    spread, centres = data.head.weight @ root, data.head.logits(known.class_means)
    # The largest of n squared radii: each is chi-square with D degrees of freedom, so is a quantile at u^(1/n).
    tail = -np.expm1(np.log(stream.random(count)) / sample_from)
    radii = np.sqrt(2 * gammainccinv(width / 2, tail))
    outliers = centres[np.arange(count) % len(centres)]
    for block in blocks(count, width):
        normal = stream.standard_normal((len(radii[block]), width))
        normal *= (radii[block] / np.linalg.norm(normal, axis=1))[:, None]
        outliers[block] += normal @ spread.T
    return outliers


def _separating(inside: Matrix, outside: Matrix, present: NDArray[np.intp]) -> NDArray[np.float64]:
    """The log weights `(K,)` that minimise the uncertainty loss between two sets of logits; 0 for absent classes.

    The unknowns are log w + b of the classes that are present. Their mean is the b that suits the weight decay best.
    """
    from scipy.optimize import minimize

    all_classes = np.full((inside.shape[1], len(present)), 1 / len(present))
    all_classes[present] = np.eye(len(present))

    def loss(levels: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        above = levels - levels.mean()
        value, slope = float(DECAY / 2 * above @ above), DECAY * above
        for logits, sign in ((inside, -1.0), (outside, 1.0)):
            for block in blocks(len(logits), 4 * logits.shape[1]):
                weighted = logits[block] + all_classes @ levels
                energy = log_sum_exp(weighted)
                value += float(np.logaddexp(0.0, sign * energy).sum()) / len(logits)
                blame = sign * np.exp(-np.logaddexp(0.0, -sign * energy)) / len(logits)
                slope = slope + blame @ np.exp(weighted - energy[:, None]) @ all_classes
        return value, slope

    start = np.full(len(present), -(log_sum_exp(inside).mean() + log_sum_exp(outside).mean()) / 2)
    levels: NDArray[np.float64] = minimize(
        loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 1000, "ftol": 1e-15, "gtol": 1e-9}
    ).x
    log_weights: NDArray[np.float64] = all_classes @ levels - levels.mean()
    return log_weights
