"""AdaSCALE-A (Regmi 2025): activations scaled the more, the less a perturbation of the image shifts them."""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from bench.citation import Citation
from bench.errors import BenchError
from bench.extraction.outputs import Floats, Outputs
from bench.extraction.view import InputLoss, Unit, View, checked_unit
from bench.fitting.data import FitData
from bench.fitting.rowwise import rowwise
from bench.fitting.shaping import HIGHEST, bounded_ratio, checked_percentile
from bench.logits import Doubles, log_sum_exp
from bench.method_contract import Method, Scores, method
from bench.networks.classifier import NetworkOutput

REGMI_2025 = Citation(
    title="AdaSCALE: Adaptive Scaling for OOD Detection",
    authors="Sudarshan Regmi",
    year=2025,
    venue="arXiv",
    url="https://arxiv.org/abs/2503.08023",
    where="section 4 and algorithm 1",
)


@dataclass(frozen=True)
class PredictedLogitLoss(InputLoss):
    """Minus the logit of the predicted class."""

    def __call__(self, output: NetworkOutput) -> Tensor:
        """The loss of each image `(N,)`."""
        return -output.logits.float().max(1).values


class AdaSCALE(Method):
    """What the two variants have in common: the ratio r, and the energy of scaled logits."""

    citation = REGMI_2025
    group = "inputs"
    search = {"p_max": (65.0, 70.0, 75.0, 80.0, 85.0, 90.0, 95.0, 99.0)}  # noqa: RUF012 - read-only by contract

    def __init__(
        self,
        *,
        p_min: float = 60.0,
        p_max: float = 85.0,
        k1: float = 0.01,
        k2: float = 0.05,
        lam: float = 10.0,
        share: float = 0.05,
        epsilon: float = 0.5,
        unit: Unit = "normalized",
    ) -> None:
        for name, percentile in (("p_min", p_min), ("p_max", p_max)):
            checked_percentile(self.name, percentile, HIGHEST, name)
        if p_min > p_max:
            raise BenchError(f"{self.name}: p_min must not be above p_max, got {p_min} and {p_max}.")
        for name, part in (("k1", k1), ("k2", k2), ("share", share)):
            if not 0 <= part <= 1:
                raise BenchError(f"{self.name}: {name} must be between 0 and 1, got {part}.")
        self.p_min, self.p_max, self.k1, self.k2 = p_min, p_max, k1, k2
        self.lam, self.share, self.epsilon = lam, share, epsilon
        self.unit: Unit = checked_unit(unit)

    @property
    def perturbed(self) -> View:
        """The image in which the values that matter least were moved along the predicted class's gradient."""
        return View(PredictedLogitLoss(), self.epsilon, self.unit, self.share, "smallest")

    def further_views(self) -> tuple[View, ...]:
        """The perturbed image."""
        return (self.perturbed,)

    def fit_views(self) -> tuple[View, ...]:
        """The perturbed training images."""
        return (self.perturbed,)

    def fit(self, data: FitData) -> Self:
        """Learn which shifts ID images have."""
        view, settings = self.perturbed, (self.k1, self.k2, self.lam)
        self.shifts_ = data.once(
            ("AdaSCALE shifts", view, settings),
            lambda: np.sort(weighted_shifts(data.features, data.train.beside[view].features, *settings)),
        )
        return self

    def score(self, outputs: Outputs) -> Scores:
        """The energy of the scaled logits `(N,)`."""
        view, settings = self.perturbed, (self.k1, self.k2, self.lam)
        shifts = outputs.once(
            ("AdaSCALE shifts", view, settings),
            lambda: weighted_shifts(outputs.features, outputs.beside[view].features, *settings),
        )
        likelihood = np.searchsorted(self.shifts_, shifts, side="right") / len(self.shifts_)
        percentiles = self.p_min + (1 - likelihood) * (self.p_max - self.p_min)

        def energies(block: slice) -> Doubles:
            ratio = activation_ratio(outputs.features[block], percentiles[block])
            return log_sum_exp(self.scaled(outputs, block, ratio))

        width = sum(outputs.features.shape[1:] + outputs.logits.shape[1:])
        return np.where(np.isnan(shifts), np.nan, rowwise(len(outputs), 4 * width, energies))

    @abstractmethod
    def scaled(self, outputs: Outputs, block: slice, ratio: Doubles) -> Doubles:
        """The scaled logits `(B, K)` of a block of images with ratios `(B,)`."""


@method("adascale-a")
class AdaSCALEA(AdaSCALE):
    """The energy of activations that are scaled adaptively: strongly where a small perturbation hardly shifts them.

    The values of the image with the smallest gradients of the predicted class's logit z_c (a `share` of them) are
    moved: x' = x + epsilon sign(d z_c / d x) there. With h and h' the features of x and x':
    Q' = lam sum over the k1 largest h_d of abs(h'_d - h_d) + sum over the k2 largest h_d of relu(h'_d),
    p = p_min + (1 - F(Q')) (p_max - p_min), where F(Q') is the share of training images whose Q' is at most that,
    r = sum_d relu(h_d) / sum of those above the percentile p of them; the score is
    log sum_k exp(w_k exp(r) h + b_k). Of equal activations the first count as larger; r is 1 without positive ones.

    The paper takes F from ID validation images and finds 10 enough. The author's code and OpenOOD swap the names k1
    and k2, whose published values are those below in the paper's naming; they count 0 activations where k1 D < 1,
    here it is one at least. OpenOOD's defaults are p_min 75 and p_max 85.

    Args:
        p_min: percentile for the images that look least in-distribution, in [0, 99.5]; the author's fixed 60.
        p_max: percentile for those that look most so; to be tuned for each network, from 65 to 99. The default is
            the most frequent of the paper's values beside p_min 60.
        k1: share of the largest activations whose shifts are summed, in [0, 1]; 0.01 in the paper.
        k2: share of the largest activations whose perturbed values are summed; 0.05 in the paper.
        lam: weight of the shifts, the paper's lambda, 10.
        share: share of the image's values that is moved, the paper's o, 0.05. One channel of one pixel is one value.
        epsilon: length of the step, 0.5 in the paper.
        unit: `normalized`, the network's input, as in the author's code; or `raw`, pixel values in [0, 1].
    """

    equation = (
        "log Σ_k exp(w_k·h e^r + b_k) with r = Σ_d h_d / Σ_{h_d > P_p(h)} h_d, p = p_min + (1 - F(Q'))(p_max - p_min)"
    )
    needs = frozenset({"features", "gradients", "head", "training"})

    def fit(self, data: FitData) -> Self:
        """Learn which shifts ID images have, and take the last layer."""
        self.head_ = data.head
        return super().fit(data)

    def scaled(self, outputs: Outputs, block: slice, ratio: Doubles) -> Doubles:
        """The logits of features times exp(r)."""
        return self.head_.logits(outputs.features[block] * np.exp(ratio)[:, None])


def weighted_shifts(features: Floats, perturbed: Floats, k1: float, k2: float, lam: float) -> Doubles:
    """Q' `(N,)` of features `(N, D)` before and after the perturbation."""
    width = features.shape[1]
    few, many = (max(1, math.floor(round(part * width, 9))) for part in (k1, k2))

    def of_block(block: slice) -> Doubles:
        before, after = features[block].astype(np.float64), perturbed[block].astype(np.float64)
        order = np.argsort(-before, axis=1, kind="stable")
        shift = np.take_along_axis(np.abs(after - before), order[:, :few], axis=1).sum(axis=1)
        left = np.take_along_axis(np.maximum(after, 0), order[:, :many], axis=1).sum(axis=1)
        weighted: Doubles = lam * shift + left
        return weighted

    return rowwise(len(features), 6 * width, of_block)


def activation_ratio(features: Floats, percentiles: Doubles) -> Doubles:
    """The sum of each row's positive activations over that of those above its own percentile, `(N,)`."""
    width = features.shape[1]
    kept = np.maximum(1, width - np.rint(width * percentiles / 100).astype(np.int64))
    descending: NDArray[np.float64] = np.sort(np.maximum(features.astype(np.float64), 0), axis=1)[:, ::-1]
    sums = descending.cumsum(axis=1)
    return bounded_ratio(sums[:, -1], sums[np.arange(len(sums)), kept - 1])
