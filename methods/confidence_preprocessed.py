"""Learned confidence with input preprocessing (DeVries & Taylor 2018)."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor
from torch.nn import functional as F

from bench.extraction.outputs import Outputs
from bench.extraction.view import InputLoss, Unit, View, checked_unit
from bench.method_contract import Method, Scores, method
from bench.networks.classifier import NetworkOutput

from .confidence import DEVRIES_2018


@dataclass(frozen=True)
class ConfidenceLoss(InputLoss):
    """-log c of each image."""

    def __call__(self, output: NetworkOutput) -> Tensor:
        """The loss of each image `(N,)`, computed from the branch's logit, where it does not saturate."""
        assert output.confidence_logit is not None
        return F.softplus(-output.confidence_logit.float())


@method("confidence-preprocessed")
class ConfidencePreprocessed(Method):
    """The learned confidence after moving the image towards higher confidence.

    x' = x - epsilon sign(d (-log c) / d x); the score is c(x'). The step helps where it raises the confidence of
    ID images more than that of OOD images.

    Args:
        epsilon: length of the step. The paper tunes it on 1,000 images of each OOD set and prints no values; the
            default is that of the authors' released script.
        unit: `normalized`, the network's input, as in the paper's code; or `raw`, pixel values in [0, 1].
    """

    citation = DEVRIES_2018
    objective = "learned-confidence"
    equation = "c(x') with x' = x - ε sign(∇ₓ(-log c(x)))"
    group = "confidence"
    needs = frozenset({"confidence", "gradients"})
    search = {"epsilon": (0.0, 0.0005, 0.001, 0.002, 0.003, 0.005, 0.007, 0.01, 0.014, 0.02)}  # noqa: RUF012 - read-only

    def __init__(self, *, epsilon: float = 0.001, unit: Unit = "normalized") -> None:
        self.epsilon = epsilon
        self.unit: Unit = checked_unit(unit)

    def view(self) -> View:
        """The step towards higher confidence."""
        return View(ConfidenceLoss(), self.epsilon, self.unit)

    def score(self, outputs: Outputs) -> Scores:
        """The confidence of each moved image `(N,)` in (0, 1)."""
        return outputs.confidence
