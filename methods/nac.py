"""Neuron activation coverage (Liu et al. 2024): whether training images have put the neurons into the same states."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Self, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from bench.citation import Citation
from bench.errors import BenchError
from bench.extraction.outputs import Outputs
from bench.extraction.probe import Probe, Seen
from bench.fitting.blocks import blocks
from bench.fitting.data import FitData
from bench.fitting.stages import StageWidths, stage_columns
from bench.method_contract import Method, Scores, method
from bench.networks.classifier import Classifier
from bench.seeds import derived_seed

Layers = Literal["last", "all"]

PART = 64
"""Images that are differentiated at a time, so that what the way back needs stays small."""


@dataclass(frozen=True)
class NeuronEffects(Probe):
    """Each neuron's output times its effect on the decision, z dKL(u || p) / dz, of the last stage or of all.

    A neuron is a channel of a stage; z is its maps' average, and the derivative is that of adding to all its pixels.
    """

    layers: Layers

    stages = True
    differentiates = True

    def __call__(self, seen: Seen) -> Tensor:
        """The effects `(B, neurons)`, stage by stage."""
        assert isinstance(seen.network, Classifier)
        first = len(seen.stages) - 1 if self.layers == "last" else 0
        return torch.cat([_effects(seen.network, maps, first) for maps in torch.split(seen.stages[first], PART)])


@method("nac")
class NAC(Method):
    """How well the training images cover the states that an image's neurons are in: NAC-UE, the mean coverage.

    A neuron's state is sigmoid(alpha z dKL(u || p) / dz), with u the uniform distribution over the classes and p the
    softmax. Each neuron has a histogram of its states on training images; a bin's coverage is min(count / filled, 1).
    The score is the mean over neurons, and over layers, of the coverage of the bins that the image falls into, in
    [0, 1]. It is a mean of few values: images in full bins only tie at 1.

    As in the authors' code, z of the last layer is averaged over pixels, and bins are narrow around 1/2, where states
    crowd: their edges are log_1000 of equal steps from 1 to sqrt(1000), and mirrored. An odd `bins` counts as the even
    number below it, and two of the bins lie outside (0, 1). The code sums z over pixels in the layers before; a sum is
    the average with a larger alpha. Its values for CIFAR-10 are these for the last layer, which is the released
    setting; the paper's best results take four layers, with values for each that were chosen on OOD images. pytorch-ood
    averages z dKL/dz as a product, has bins narrow near 0 and 1, and counts all training images with the same `filled`.

    Args:
        layers: `last`, the last stage; `all`, every stage, with the same values for each.
        alpha: steepness of the sigmoid, above 0; 100 for the last layer on CIFAR-10 (50 on CIFAR-100, 3000 on
            ImageNet).
        bins: M, the number of bins, at least 6; 50.
        filled: O*, how many training images fill a bin, at least 1; 50 on CIFAR (10 on ImageNet).
        images: how many training images are counted, the same number of each class; 1000 in the authors' code.
    """

    citation = Citation(
        title="Neuron Activation Coverage: Rethinking Out-of-distribution Detection and Generalization",
        authors="Yibing Liu, Chris Xing Tian, Haoliang Li, Lei Ma, Shiqi Wang",
        year=2024,
        venue="ICLR",
        url="https://arxiv.org/abs/2306.02879",
        where="section 3, equations 3 to 6",
    )
    equation = "mean over neurons of min(count of the bin of sigmoid(α z ∂KL(u‖p)/∂z) / O*, 1)"
    group = "layers"
    needs = frozenset({"stages", "training"})
    search = {"alpha": (10.0, 100.0, 1000.0), "layers": ("last", "all")}  # noqa: RUF012 - read-only by contract

    def __init__(
        self, *, layers: Layers = "last", alpha: float = 100.0, bins: int = 50, filled: int = 50, images: int = 1000
    ) -> None:
        if layers not in get_args(Layers):
            raise BenchError(f"nac: layers must be last or all, got '{layers}'.")
        if alpha <= 0:
            raise BenchError(f"nac: alpha must be above 0, got {alpha}.")
        if bins < 6:
            raise BenchError(f"nac: bins must be at least 6, got {bins}.")
        if filled < 1 or images < 1:
            raise BenchError(f"nac: filled and images must be at least 1, got {filled} and {images}.")
        self.layers: Layers = layers
        self.alpha, self.bins, self.filled, self.images = alpha, bins, filled, images

    def fit_probes(self) -> tuple[Probe, ...]:
        """The neurons' effects, and the stages' widths."""
        return NeuronEffects(self.layers), StageWidths()

    def probes(self) -> tuple[Probe, ...]:
        """The neurons' effects."""
        return (NeuronEffects(self.layers),)

    def fit(self, data: FitData) -> Self:
        """Count the states of a part of the training images."""
        effects = data.train.probed[NeuronEffects(self.layers)]
        self.edges_ = _edges(self.bins, self.alpha)
        neurons, bins = effects.shape[1], len(self.edges_) + 1
        counts = np.zeros(neurons * bins)
        chosen = _evenly(data.labels, self.images)
        for block in blocks(len(chosen), neurons):
            states = np.searchsorted(self.edges_, effects[chosen[block]], side="right") + np.arange(neurons) * bins
            counts += np.bincount(states.ravel(), minlength=len(counts))
        self.coverage_ = np.minimum(counts.reshape(neurons, bins) / self.filled, 1.0)
        self.weights_ = _weights(stage_columns(data.train)) if self.layers == "all" else np.full(neurons, 1 / neurons)
        return self

    def score(self, outputs: Outputs) -> Scores:
        """The mean coverage `(N,)` in [0, 1]; NaN where an effect is."""
        effects = outputs.probed[NeuronEffects(self.layers)]
        scores = np.empty(len(effects))
        neurons = np.arange(effects.shape[1])
        for block in blocks(len(effects), len(neurons)):
            part = np.asarray(effects[block])
            covered = self.coverage_[neurons, np.searchsorted(self.edges_, part, side="right")]
            scores[block] = np.where(np.isnan(part), np.nan, covered) @ self.weights_
        return scores


def _effects(network: Classifier, maps: Tensor, first: int) -> Tensor:
    """The effects of the stages from the number `first` on, given that stage's maps of a few images."""
    with torch.enable_grad():
        found = [maps.detach().clone().requires_grad_()]
        for stage in network.stages()[first + 1 :]:
            found.append(stage(found[-1]))
        log_p = network.classify(found[-1]).logits.float().log_softmax(1)
        gradients = torch.autograd.grad(-log_p.mean(1).sum(), found)
    pairs = zip(found, gradients, strict=True)
    return torch.cat([one.detach().float().mean((2, 3)) * gradient.float().sum((2, 3)) for one, gradient in pairs], 1)


def _edges(bins: int, alpha: float) -> NDArray[np.float64]:
    """Where one bin ends and the next begins, as values of z dKL/dz, ascending; the state there is sigmoid(alpha …)."""
    below = np.log(np.linspace(1, np.sqrt(1000), bins // 2)[1:-1]) / np.log(1000)
    logits = np.log(below) - np.log1p(-below)
    return np.concatenate([logits, [0.0], -logits[::-1]]) / alpha


def _evenly(labels: NDArray[np.int64], images: int) -> NDArray[np.intp]:
    """The places of about `images` images, as many of each class that has any; ascending, the same every time."""
    counts = np.bincount(labels)
    present = np.flatnonzero(counts)
    each = max(1, min(int(counts[present].min()), images // len(present)))
    order = np.random.default_rng(derived_seed(0, "nac")).permutation(len(labels))
    return np.sort(np.concatenate([order[labels[order] == label][:each] for label in present]))


def _weights(columns: list[slice]) -> NDArray[np.float64]:
    """The neurons' weights in the mean over layers of the means over each layer's neurons."""
    widths = [part.stop - part.start for part in columns]
    return np.repeat(1 / (len(widths) * np.array(widths, dtype=np.float64)), widths)
