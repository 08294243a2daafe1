"""Gram matrices (Sastry & Oore 2020): how far the correlations between channels leave the range of the training set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from bench.citation import Citation
from bench.errors import BenchError
from bench.extraction.constant import Constant
from bench.extraction.outputs import Floats, Outputs
from bench.extraction.probe import Probe, Seen
from bench.fitting.blocks import blocks
from bench.fitting.data import Facts, FitData
from bench.fitting.stages import StageWidths, stage_columns
from bench.logits import log_max_softmax
from bench.method_contract import Method, Scores, method

PART = 2**18
"""Elements of the maps that are raised to powers at a time: 1 MB stays in a processor's cache."""


@dataclass(frozen=True)
class GramRowSums(Probe):
    """The row sums of the Gram matrices of orders 1 to `orders`, stage by stage, and in each stage order by order."""

    orders: int

    stages = True

    def __call__(self, seen: Seen) -> Tensor:
        """The sums `(B, orders * (C_1 + … + C_S))`."""
        return torch.cat(_row_sums(seen.stages, self.orders), 1)


@dataclass(frozen=True)
class GramDeviations(Probe):
    """How far the row sums leave the bounds `(K, orders * (C_1 + … + C_S))` of the predicted class, per stage."""

    orders: int
    lower: Constant
    upper: Constant

    stages = True

    def __call__(self, seen: Seen) -> Tensor:
        """The deviations `(B, S)`."""
        sums = _row_sums(seen.stages, self.orders)
        classes = seen.output.logits.argmax(1).cpu().numpy()
        device = seen.images.device
        lower, upper = (torch.from_numpy(bound.array[classes]).to(device) for bound in (self.lower, self.upper))
        return _deviations(torch.cat(sums, 1), lower, upper, [part.shape[1] for part in sums])


@method("gram")
class Gram(Method):
    """How far an image's Gram matrices leave the range that training images of its predicted class stay in, negated.

    With F_l the maps `(C, pixels)` of stage l, the row sums of order p are g = (F_l^p (F_l^p)^T 1)^(1/p), signs kept
    (the sum is taken before the root, as in the authors' code). Each entry of g deviates by (min - g) / |min + 1e-6|
    below and by (g - max) / |max + 1e-6| above the extremes over the training images that were *predicted* as the same
    class. delta_l sums this over entries and orders; the score is -1/conf sum_l delta_l / E[delta_l], with conf the
    largest softmax probability, as in the authors' code. The maps are those after each stage of the network; the paper
    takes every convolution's. A class that no training image is predicted as gets the bounds of all classes.

    E[delta_l] is the paper's mean over a tenth of the ID *test* set. That is not ours to see: one training image in
    `held_out` of each predicted class is kept from the bounds and the mean is over these. pytorch-ood holds out a
    random tenth, takes true instead of predicted classes, does not divide by conf, and has as many orders as layers by
    default; OpenOOD had the sign wrong for two years. oodeel has orders 1 to 5, takes the quantiles 0.01 and 0.99 of
    each predicted class for bounds, the root before the sum, over one triangle of the Gram matrix, and does not divide
    by conf; detectors lists the name without an implementation. Images within all bounds tie at a score of 0. Fitting
    keeps 4 * orders * channels bytes per training image: 4.5 kB with a ResNet-20.

    Args:
        orders: p runs from 1 to this; 10 in the paper.
        held_out: one training image in so many of each predicted class is for E[delta_l], at least 2; 10 here.
        by_confidence: whether to divide by the largest softmax probability, as the authors' code does.
    """

    citation = Citation(
        title="Detecting Out-of-Distribution Examples with Gram Matrices",
        authors="Chandramouli Shama Sastry, Sageev Oore",
        year=2020,
        venue="ICML",
        url="https://arxiv.org/abs/1912.12510",
        where="section 3, algorithms 1 and 2",
    )
    equation = "-Σ_l δ_l / (E[δ_l] max softmax(f)), δ_l the relative deviations of G_l^p's row sums from their bounds"
    group = "layers"
    needs = frozenset({"stages", "training"})

    def __init__(self, *, orders: int = 10, held_out: int = 10, by_confidence: bool = True) -> None:
        if orders < 1:
            raise BenchError(f"gram: orders must be at least 1, got {orders}.")
        if held_out < 2:
            raise BenchError(f"gram: held_out must be at least 2, since the bounds need the others, got {held_out}.")
        self.orders, self.held_out, self.by_confidence = orders, held_out, by_confidence

    def check(self, facts: Facts) -> None:
        """Refuse so few training images that none may be left to hold out."""
        super().check(facts)
        fewest = facts.num_classes * (self.held_out - 1) + 1
        if facts.num_train < fewest:
            raise BenchError(
                f"gram holds out one training image in {self.held_out} of each predicted class; that takes at least "
                f"{fewest} images with {facts.num_classes} classes, and there are {facts.num_train}."
            )

    def fit_probes(self) -> tuple[Probe, ...]:
        """The row sums of every training image, and the stages' widths."""
        return GramRowSums(self.orders), StageWidths()

    def fit(self, data: FitData) -> Self:
        """Learn the bounds of each predicted class, and the mean deviations of images they were not taken from."""
        train = data.train
        sums, classes = train.probed[GramRowSums(self.orders)], train.predictions
        held = _every_nth(classes, self.held_out)
        lower, upper = _bounds(sums, classes, ~held, train.logits.shape[1])
        widths = [part.stop - part.start for part in stage_columns(train, self.orders)]
        total = np.zeros(len(widths))
        rows = np.flatnonzero(held)
        for block in blocks(len(rows), sums.shape[1]):
            some = rows[block]
            part = torch.from_numpy(np.asarray(sums[some]))
            bounds = torch.from_numpy(lower[classes[some]]), torch.from_numpy(upper[classes[some]])
            found = _deviations(part, *bounds, widths).numpy().astype(np.float64)
            total += (found / self._confidence(train.logits[some])[:, None]).sum(0)
        self.lower_, self.upper_ = Constant(lower), Constant(upper)
        self.expected_ = total / len(rows) + 1e-7
        return self

    def probes(self) -> tuple[Probe, ...]:
        """The deviations from the bounds."""
        return (GramDeviations(self.orders, self.lower_, self.upper_),)

    def score(self, outputs: Outputs) -> Scores:
        """The negated total deviation `(N,)`, at most 0."""
        (probe,) = self.probes()
        total: Scores = (outputs.probed[probe].astype(np.float64) / self.expected_).sum(1)
        return -total / self._confidence(outputs.logits)

    def _confidence(self, logits: Floats) -> NDArray[np.float64]:
        confidence: NDArray[np.float64] = np.exp(log_max_softmax(logits))
        return confidence if self.by_confidence else np.ones(len(logits))


def _row_sums(stages: Sequence[Tensor], orders: int) -> list[Tensor]:
    """The row sums `(B, orders * C)` of each stage's maps, in float32."""
    with torch.autocast(stages[0].device.type, enabled=False):
        return [
            torch.cat([_row_sums_of(part, orders) for part in torch.split(maps, max(1, PART // maps[0].numel()))])
            for maps in stages
        ]


def _row_sums_of(maps: Tensor, orders: int) -> Tensor:
    """The sums of a few images; each channel is scaled to a peak of 1 first, so that its tenth power stays in range.

    A row sum is F^p (F^p summed over channels), which needs no Gram matrix.
    """
    maps = maps.float().flatten(2).contiguous()
    peaks = maps.abs().amax(2).clamp_min(torch.finfo(maps.dtype).tiny)
    peak = peaks.amax(1, keepdim=True)
    scaled, shares = maps / peaks.unsqueeze(2), peaks / peak
    powers, weights, found = torch.ones_like(scaled), torch.ones_like(shares), []
    for order in range(1, orders + 1):
        powers, weights = powers * scaled, weights * shares
        over_channels = torch.bmm(weights.unsqueeze(1), powers)
        rows = torch.bmm(powers, over_channels.mT).squeeze(2)
        found.append(rows.sign() * rows.abs() ** (1 / order) * peaks * peak)
    return torch.cat(found, 1)


def _deviations(sums: Tensor, lower: Tensor, upper: Tensor, widths: Sequence[int]) -> Tensor:
    """The relative distance of `(B, F)` sums to the bounds `(B, F)`, added up over columns of each stage `(B, S)`."""
    outside = F.relu(lower - sums) / (lower + 1e-6).abs() + F.relu(sums - upper) / (upper + 1e-6).abs()
    return torch.stack([part.sum(1) for part in torch.split(outside, list(widths), 1)], 1)


def _every_nth(classes: NDArray[np.int64], step: int) -> NDArray[np.bool_]:
    """Whether an image is the `step`-th, the 2 `step`-th, … of its class."""
    order = np.argsort(classes, kind="stable")
    counts = np.bincount(classes)
    places = np.empty(len(classes), dtype=np.int64)
    places[order] = np.arange(len(classes)) - np.repeat(np.cumsum(counts) - counts, counts)
    every: NDArray[np.bool_] = places % step == step - 1
    return every


def _bounds(
    sums: Floats, classes: NDArray[np.int64], taken: NDArray[np.bool_], num_classes: int
) -> tuple[Floats, Floats]:
    """The least and the largest sums of the `taken` images of each class; of all classes where it has none."""
    lower = np.full((num_classes, sums.shape[1]), np.inf, dtype=np.float32)
    upper = -lower
    for block in blocks(len(sums), sums.shape[1]):
        part = np.asarray(sums[block])
        for label in np.unique(classes[block][taken[block]]):
            rows = part[taken[block] & (classes[block] == label)]
            lower[label] = np.minimum(lower[label], rows.min(0))
            upper[label] = np.maximum(upper[label], rows.max(0))
    absent = np.bincount(classes[taken], minlength=num_classes) == 0
    lower[absent], upper[absent] = lower.min(0), upper.max(0)
    return lower, upper
