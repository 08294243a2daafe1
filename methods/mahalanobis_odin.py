"""Mahalanobis distance after a step of the image towards the nearest class (Lee et al. 2018)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import torch
from torch import Tensor

from bench.extraction.constant import Constant
from bench.extraction.outputs import Outputs
from bench.extraction.view import InputLoss, Unit, View, checked_unit
from bench.fitting.data import Facts, FitData
from bench.fitting.whitening import ClassMeans, class_whitening
from bench.method_contract import Method, Scores, method
from bench.networks.classifier import NetworkOutput

from .mahalanobis import LEE_2018, require_spread_within_classes


@dataclass(frozen=True)
class NearestMeanLoss(InputLoss):
    """Half the squared Mahalanobis distance of the features to the nearest class mean.

    The arrays are those of `bench.fitting.whitening`; the direction of a step needs no more than float32.
    """

    centre: Constant
    axes: Constant
    means: Constant

    @classmethod
    def of(cls, classes: ClassMeans) -> Self:
        """The loss for whitened class means."""
        arrays = (classes.whitening.centre, classes.whitening.axes, classes.means)
        return cls(*(Constant(array.astype(np.float32)) for array in arrays))

    def __call__(self, output: NetworkOutput) -> Tensor:
        """The loss of each image `(N,)`."""
        features = output.features.float()
        constants = (self.centre, self.axes, self.means)
        centre, axes, means = (torch.tensor(one.array, device=features.device) for one in constants)
        white = (features - centre) @ axes
        with torch.no_grad():
            nearest = (means.square().sum(1) - 2 * white @ means.T).argmin(1)
        return (white - means[nearest]).square().sum(1) / 2


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

    citation = replace(LEE_2018, where="equations 2 and 3")
    equation = "M(x') with M(x) = max_k -(h - μ_k)ᵀ Σ⁻¹ (h - μ_k) and x' = x + ε sign(∇ₓ M(x))"
    group = "inputs"
    needs = frozenset({"features", "gradients", "training"})
    search = {"epsilon": (0.0, 0.0005, 0.001, 0.0014, 0.002, 0.005, 0.01)}  # noqa: RUF012 - read-only by contract

    def __init__(self, *, epsilon: float = 0.0014, unit: Unit = "raw") -> None:
        self.epsilon = epsilon
        self.unit: Unit = checked_unit(unit)

    def check(self, facts: Facts) -> None:
        """Refuse training images that say nothing of a spread within classes."""
        super().check(facts)
        require_spread_within_classes(self.name, facts)

    def fit(self, data: FitData) -> Self:
        """Learn the class means and the common covariance, and the loss that they make."""
        classes = self.classes_ = class_whitening(data)
        self.loss_ = data.once(("nearest mean loss", classes), lambda: NearestMeanLoss.of(classes))
        return self

    def view(self) -> View:
        """The step towards the nearest class mean; asked after `fit`."""
        return View(self.loss_, self.epsilon, self.unit)

    def score(self, outputs: Outputs) -> Scores:
        """Minus the squared distance of each moved image `(N,)`, at most 0."""
        return -self.classes_.nearest(outputs)
