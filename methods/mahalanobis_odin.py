"""Mahalanobis distance after a step of the image towards the nearest class (Lee et al. 2018)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from bench.citation import Citation
from bench.errors import BenchError
from bench.extraction.constant import Constant
from bench.extraction.outputs import Outputs
from bench.extraction.view import InputLoss, Unit, View, checked_unit
from bench.fitting.data import Facts, FitData
from bench.fitting.moments import moments
from bench.fitting.rowwise import rowwise
from bench.method import Method, Scores, method
from bench.networks.classifier import NetworkOutput

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class NearestMeanLoss(InputLoss):
    """Half the squared Mahalanobis distance of the features to the nearest class mean.

    `whiten` `(D, R)` maps features less `centre` `(D,)` to coordinates in which the covariance within classes is the
    unit matrix; `means` `(K', R)` are the class means there. The direction of a step needs no more than float32.
    """

    centre: Constant
    whiten: Constant
    means: Constant

    def __call__(self, output: NetworkOutput) -> Tensor:
        """The loss of each image `(N,)`."""
        features = output.features.float()
        constants = (self.centre, self.whiten, self.means)
        centre, whiten, means = (torch.tensor(one.array, device=features.device) for one in constants)
        white = (features - centre) @ whiten
        with torch.no_grad():
            nearest = (means.square().sum(1) - 2 * white @ means.T).argmin(1)
        return (white - means[nearest]).square().sum(1) / 2


@dataclass(frozen=True, eq=False)
class Fitted:
    """The Gaussians in float64, and the loss that they make; arrays as in `NearestMeanLoss`."""

    centre: NDArray[np.float64]
    whiten: Matrix
    means: Matrix
    loss: NearestMeanLoss


@method("mahalanobis-odin")
class MahalanobisODIN(Method):
    """The Mahalanobis distance to the nearest class mean, negated, after moving the image towards that class.

    With M(x) = max_k -(h(x) - mu_k)^T S^-1 (h(x) - mu_k), where h are the features, mu_k the class means and S the
    covariance common to all classes (divided by N; its pseudo-inverse where features are always silent, as in the
    authors' code): x' = x + epsilon sign(d M(x) / d x), and the score is M(x'). The class is chosen anew for x'.

    The paper adds up such scores of several layers with weights fitted on OOD images, which fitting may not see here;
    `mahalanobis-ensemble` adds layers up without the step. pytorch-ood's MahalanobisODIN gives half of this score
    with an S that is not divided by N, so that its numbers are 2 N times smaller; it adds 1e-6 to S's diagonal, and its
    epsilon is 0.002, in units of the input unless `norm_std` is given. OpenOOD divides its 0.0014 by 0.5 for each
    channel. oodeel's Mahalanobis moves the image along ODIN's loss instead, by 0.0014 in units of the input.

    Args:
        epsilon: length of the step. The paper chooses it on validation images and has no default; the values of its
            code are searched, and the default is OpenOOD's.
        unit: `raw`, pixel values in [0, 1], as in the authors' code; or `normalized`, the network's input.
    """

    citation = Citation(
        title="A Simple Unified Framework for Detecting Out-of-Distribution Samples and Adversarial Attacks",
        authors="Kimin Lee, Kibok Lee, Honglak Lee, Jinwoo Shin",
        year=2018,
        venue="NeurIPS",
        url="https://arxiv.org/abs/1807.03888",
        where="equations 2 and 3, section 2.2",
    )
    equation = "M(x') with M(x) = max_k -(h - μ_k)ᵀ Σ⁻¹ (h - μ_k) and x' = x + ε sign(∇ₓ M(x))"
    group = "inputs"
    needs = frozenset({"features", "training"})
    search = {"epsilon": (0.0, 0.0005, 0.001, 0.0014, 0.002, 0.005, 0.01)}  # noqa: RUF012 - read-only by contract

    def __init__(self, *, epsilon: float = 0.0014, unit: Unit = "raw") -> None:
        self.epsilon = epsilon
        self.unit: Unit = checked_unit(unit)

    def check(self, facts: Facts) -> None:
        """Refuse training images that say nothing of a spread within classes."""
        super().check(facts)
        if facts.class_counts is not None and facts.class_counts.max(initial=0) < 2:
            raise BenchError("mahalanobis-odin needs a class with at least two training images for its covariance.")

    def fit(self, data: FitData) -> Self:
        """Learn the class means and the common covariance; classes without training images are left out."""
        self.fitted_ = data.once("Mahalanobis with a loss", lambda: _fitted(data))
        return self

    def view(self) -> View:
        """The step towards the nearest class mean; asked after `fit`."""
        return View(self.fitted_.loss, self.epsilon, self.unit)

    def score(self, outputs: Outputs) -> Scores:
        """Minus the squared distance of each moved image `(N,)`."""
        fitted = self.fitted_

        def of_block(block: slice) -> Scores:
            white = (outputs.features[block].astype(np.float64) - fitted.centre) @ fitted.whiten
            squares = np.square(white).sum(axis=1)[:, None] - 2 * white @ fitted.means.T
            found: Scores = -(squares + np.square(fitted.means).sum(axis=1)).min(axis=1)
            return found

        return rowwise(len(outputs), sum(fitted.whiten.shape) + 2 * len(fitted.means), of_block)


def _fitted(data: FitData) -> Fitted:
    found = moments(data)
    values, vectors = np.linalg.eigh(found.within_covariance)
    kept = values > values.max(initial=0) * len(values) * np.finfo(np.float64).eps
    whiten = vectors[:, kept] / np.sqrt(values[kept])
    means = (found.class_means - found.mean) @ whiten
    single = (Constant(array.astype(np.float32)) for array in (found.mean, whiten, means))
    return Fitted(found.mean, whiten, means, NearestMeanLoss(*single))
