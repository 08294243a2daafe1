"""Gradient uncertainty (Lee & AlRegib 2020): how much a label of all classes at once would change the weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from torch import Tensor

from bench.citation import Citation
from bench.errors import BenchError
from bench.extraction.outputs import Outputs
from bench.extraction.probe import Probe, Seen
from bench.extraction.squared_gradients import squared_gradients
from bench.logits import log_softmax_of
from bench.method_contract import Method, Scores, method

Layers = Literal["all", "last"]


@dataclass(frozen=True)
class SquaredGradients(Probe):
    """The squared norm of the gradient of each image's loss with respect to all parameters `(B,)`."""

    differentiates = True
    gradients_of_weights = True
    version = 3

    def __call__(self, seen: Seen) -> Tensor:
        """The squared norms."""
        return squared_gradients(seen.network, seen.images, _confounding_loss, seen.passage)


def _confounding_loss(logits: Tensor) -> Tensor:
    """The loss of each image `(B,)` with a label of all classes at once."""
    return -logits.float().log_softmax(1).sum(1)


@method("gradient-uncertainty")
class GradientUncertainty(Method):
    """The squared norm of the weights' gradients when the label is a confounding one that names all classes at once.

    The loss of an image is L = -sum_k log softmax(f)_k, the binary cross-entropy of the softmax with a label of ones;
    its gradient with respect to the logits is K softmax(f) - 1. The score is the sum of ||dL / dw||^2 over the weights
    and biases w of the `layers`. It vanishes for a uniform softmax and is large for sure predictions, hence larger for
    ID images; pytorch-ood negates it into an outlier score.

    The paper trains a classifier on the squared norms of ID and *OOD* images, one norm per parameter. Fitting may not
    see OOD images here; the plain sum is pytorch-ood's reading. Its loss is clamped where a probability is below
    1e-12, which this is not. For `last` the sum is (||h||^2 + 1) ||K p - 1||^2 with h the features; for `all` it costs
    about six forward passes with a ResNet-20 on a CPU and three with a VGG13, more with layers of other kinds than
    convolutions, batch normalisations and linear ones (`bench.extraction.squared_gradients`).

    Args:
        layers: `all`, every parameter of the network, as in the paper; `last`, the last linear layer alone.
    """

    citation = Citation(
        title="Gradients as a Measure of Uncertainty in Neural Networks",
        authors="Jinsol Lee, Ghassan AlRegib",
        year=2020,
        venue="ICIP",
        url="https://arxiv.org/abs/2008.08030",
        where="section 3",
    )
    equation = "Σ_w ‖∂L/∂w‖² with L = -Σ_k log softmax(f)_k"
    group = "inputs"
    needs = frozenset({"features"})
    search = {"layers": ("all", "last")}  # noqa: RUF012 - read-only by contract

    def __init__(self, *, layers: Layers = "all") -> None:
        if layers not in get_args(Layers):
            raise BenchError(f"gradient-uncertainty: layers must be all or last, got '{layers}'.")
        self.layers: Layers = layers

    def probes(self) -> tuple[Probe, ...]:
        """The squared norms over all parameters; nothing for the last layer, where features and logits suffice."""
        return (SquaredGradients(),) if self.layers == "all" else ()

    def score(self, outputs: Outputs) -> Scores:
        """The squared norm of the gradients `(N,)`, at least 0."""
        if self.layers == "all":
            return outputs.probed[SquaredGradients()].astype(np.float64)
        of_logits = outputs.logits.shape[1] * np.exp(log_softmax_of(outputs)) - 1
        of_features = np.einsum("ij,ij->i", outputs.features, outputs.features, dtype=np.float64)
        squares: Scores = np.square(of_logits).sum(1) * (of_features + 1)
        return squares
