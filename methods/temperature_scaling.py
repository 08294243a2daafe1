"""Temperature scaling (Guo et al. 2017), and the largest softmax probability at the fitted temperature."""

from __future__ import annotations

import math
from typing import Self

import numpy as np

from bench.citation import Citation
from bench.errors import BenchError
from bench.extraction.outputs import Outputs
from bench.fitting.blocks import blocks
from bench.fitting.data import FitData
from bench.logits import log_max_softmax
from bench.method_contract import Method, Scores, TensorScore, method


@method("temperature-scaling")
class TemperatureScaling(Method):
    """The largest softmax probability at the temperature that fits the labels best, as its logarithm.

    T minimises the mean of -log softmax(f / T)_label, which is convex in 1 / T; the score is
    log max_k softmax(f / T)_k.

    The paper fits T on held-out images. Here they are the training images, of which the network is surer than of
    unseen ones, so T comes out smaller than it should, mostly below 1. Where every training image is classified
    correctly there is no minimum: the likelihood grows for ever as T falls, and T stops at 1 / `limit`.
    pytorch-ood takes 50 small steps of L-BFGS from 1, which need not arrive.

    Args:
        limit: T is kept between 1 / limit and limit; above 1. Our choice: the paper needs none.
    """

    citation = Citation(
        title="On Calibration of Modern Neural Networks",
        authors="Chuan Guo, Geoff Pleiss, Yu Sun, Kilian Q. Weinberger",
        year=2017,
        venue="ICML",
        url="https://arxiv.org/abs/1706.04599",
        where="section 4.2, temperature scaling",
    )
    equation = "log max_k softmax(f / T)_k, T = argmin Σ_i -log softmax(f(x_i) / T)_{y_i}"
    group = "logits"
    needs = frozenset({"training"})

    def __init__(self, *, limit: float = 10.0) -> None:
        if not limit > 1:
            raise BenchError(f"temperature-scaling: limit must be above 1, got {limit}.")
        self.limit = limit

    def fit(self, data: FitData) -> Self:
        """Find T."""
        self.temperature_ = data.once(("fitted temperature", self.limit), lambda: _fitted(data.train, self.limit))
        return self

    def score(self, outputs: Outputs) -> Scores:
        """Log of the largest softmax probability at T `(N,)`."""
        return log_max_softmax(outputs.logits, self.temperature_)

    def tensor_score(self) -> TensorScore:
        """`score` in torch."""
        from bench.tensors.logits import log_max_softmax

        return lambda output: log_max_softmax(output.logits, self.temperature_)

    def probability(self, scores: Scores) -> Scores:
        """The largest softmax probability at T `(N,)`."""
        probability: Scores = np.exp(scores)
        return probability


def _fitted(train: Outputs, limit: float) -> float:
    """The temperature between 1 / limit and limit at which the training labels are likeliest."""
    from scipy.optimize import brentq

    def slope(log_temperature: float) -> float:
        return _slope(train, math.exp(-log_temperature))

    low, high = -math.log(limit), math.log(limit)
    if slope(low) <= 0:  # the likelihood still grows as T falls
        return 1 / limit
    if slope(high) >= 0:
        return limit
    return math.exp(brentq(slope, low, high, xtol=1e-12))


def _slope(train: Outputs, inverse: float) -> float:
    """The derivative of the mean negative log-likelihood in 1 / T: the mean of sum_k p_k (f_k - f_label)."""
    assert train.labels is not None
    total = 0.0
    for block in blocks(len(train), 2 * train.logits.shape[1]):
        logits = train.logits[block].astype(np.float64)
        above = logits - np.take_along_axis(logits, train.labels[block, None], axis=1)
        weights = np.exp(inverse * (above - above.max(axis=1, keepdims=True)))
        total += float(((weights * above).sum(axis=1) / weights.sum(axis=1)).sum())
    return total / len(train)
