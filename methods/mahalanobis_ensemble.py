"""Mahalanobis distances at every stage of a network, combined (Lee et al. 2018)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Self, get_args

import numpy as np
from numpy.typing import NDArray

from bench.citation import Citation
from bench.errors import BenchError
from bench.extraction.outputs import Floats, Outputs
from bench.extraction.probe import Probe
from bench.fitting.blocks import blocks
from bench.fitting.data import Facts, FitData
from bench.fitting.moments import moments_of
from bench.fitting.stages import StageMeans, StageWidths, stage_columns
from bench.method_contract import Method, Scores, method

Matrix = NDArray[np.float64]
Combination = Literal["standardised", "equal"]


@dataclass(frozen=True, eq=False)
class Gaussian:
    """One Gaussian per class with a common covariance, for the `columns` of one stage.

    `whiten` `(C, R)` maps features less `centre` to coordinates in which the covariance is the unit matrix; R is its
    rank. `means` `(K', R)` are the class means there.
    """

    columns: slice
    centre: NDArray[np.float64]
    whiten: Matrix
    means: Matrix

    def confidence(self, features: Matrix) -> Scores:
        """-min_k of the squared Mahalanobis distances to the class means `(N,)`."""
        white = (features - self.centre) @ self.whiten
        squares = np.square(white).sum(1)[:, None] - 2 * white @ self.means.T + np.square(self.means).sum(1)
        confidence: Scores = -squares.min(1)
        return confidence


@dataclass(frozen=True, eq=False)
class Ensemble:
    """The Gaussians of all stages, and the mean and spread `(S,)` of each one's confidence on the training images."""

    stages: list[Gaussian]
    mean: NDArray[np.float64]
    spread: NDArray[np.float64]


@method("mahalanobis-ensemble")
class MahalanobisEnsemble(Method):
    """Mahalanobis distances of the averaged maps of every stage to their nearest class means, added up and negated.

    At each stage l with averaged maps z_l, M_l = -min_k (z_l - mu_lk)^T S_l^-1 (z_l - mu_lk), with class means and one
    covariance for all classes (divided by N; its pseudo-inverse where channels are always silent, as in the authors'
    code). The paper adds sum_l a_l M_l with weights a_l from a logistic regression on *OOD* validation images, and
    moves images by a step whose length is chosen on them too. Fitting may not see OOD images here, so this is the
    paper's ensemble without supervision: the score is sum_l (M_l - mean M_l) / std M_l over the training images, and
    there is no step. oodeel divides by the standard deviations likewise; pytorch-ood adds up M_l as they are by
    default (`equal`); OpenOOD fits the weights on OOD validation images.

    Args:
        combination: `standardised`, each stage in units of its spread on the training images; `equal`, the plain sum.
    """

    citation = Citation(
        title="A Simple Unified Framework for Detecting Out-of-Distribution Samples and Adversarial Attacks",
        authors="Kimin Lee, Kibok Lee, Honglak Lee, Jinwoo Shin",
        year=2018,
        venue="NeurIPS",
        url="https://arxiv.org/abs/1807.03888",
        where="equation 2, algorithm 1",
    )
    equation = "Σ_l (M_l - E[M_l]) / std[M_l] with M_l = -min_k (z_l - μ_lk)ᵀ Σ_l⁻¹ (z_l - μ_lk)"
    group = "layers"
    needs = frozenset({"stages", "training"})
    search = {"combination": ("standardised", "equal")}  # noqa: RUF012 - read-only by contract

    def __init__(self, *, combination: Combination = "standardised") -> None:
        if combination not in get_args(Combination):
            raise BenchError(f"mahalanobis-ensemble: combination must be standardised or equal, got '{combination}'.")
        self.combination: Combination = combination

    def check(self, facts: Facts) -> None:
        """Refuse training images that say nothing of a spread within classes."""
        super().check(facts)
        if facts.class_counts is not None and facts.class_counts.max(initial=0) < 2:
            raise BenchError("mahalanobis-ensemble needs a class with at least two training images for its covariance.")

    def fit_probes(self) -> tuple[Probe, ...]:
        """The averaged maps of every stage, and the stages' widths."""
        return StageMeans(), StageWidths()

    def probes(self) -> tuple[Probe, ...]:
        """The averaged maps of every stage."""
        return (StageMeans(),)

    def fit(self, data: FitData) -> Self:
        """Learn the Gaussians of every stage, and how the training images lie in them."""
        self.ensemble_ = data.once("stage gaussians", lambda: _fitted(data))
        return self

    def score(self, outputs: Outputs) -> Scores:
        """The combined confidences `(N,)`."""
        ensemble, means = self.ensemble_, outputs.probed[StageMeans()]
        each = outputs.once(("stage confidences", ensemble), lambda: _confidences(ensemble.stages, means))
        if self.combination == "standardised":
            each = (each - ensemble.mean) / ensemble.spread
        total: Scores = each.sum(1)
        return total


def _fitted(data: FitData) -> Ensemble:
    means = data.train.probed[StageMeans()]
    num_classes = data.train.logits.shape[1]
    stages = [_gaussian(means, columns, data.labels, num_classes) for columns in stage_columns(data.train)]
    each = _confidences(stages, means)
    spread = each.std(0)
    return Ensemble(stages, each.mean(0), np.where(spread > 0, spread, 1.0))


def _gaussian(means: Floats, columns: slice, labels: NDArray[np.int64], num_classes: int) -> Gaussian:
    found = moments_of(means[:, columns], labels, num_classes)
    values, vectors = np.linalg.eigh(found.within_covariance)
    kept = values > values.max(initial=0) * len(values) * np.finfo(np.float64).eps
    whiten = vectors[:, kept] / np.sqrt(values[kept])
    return Gaussian(columns, found.mean, whiten, (found.class_means - found.mean) @ whiten)


def _confidences(stages: list[Gaussian], means: Floats) -> Matrix:
    """The confidence of each image at each stage `(N, S)`."""
    found = np.empty((len(means), len(stages)))
    for block in blocks(len(means), means.shape[1] + max(len(stage.means) for stage in stages)):
        part = means[block].astype(np.float64)
        for place, stage in enumerate(stages):
            found[block, place] = stage.confidence(part[:, stage.columns])
    return found
