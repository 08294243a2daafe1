"""Methods with one fault each, in what they do to others' things and ask of a pass; see `bad_methods.py`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor

import bench
from bench import FitData, NetworkOutput, Outputs, Probe, Scores, Seen


class Distance(bench.Method):
    """The negated distance of the features to the training images' mean: a method without a fault."""

    equation = "-‖z - mean‖"
    group = "features"
    needs = frozenset({"features", "training"})

    def fit(self, data: FitData) -> Self:
        self.mean_ = data.features.astype(np.float64).mean(0)
        return self

    def score(self, outputs: Outputs) -> Scores:
        distances: Scores = np.linalg.norm(outputs.features.astype(np.float64) - self.mean_, axis=1)
        return -distances


@dataclass(frozen=True)
class Meddling(Probe):
    """A probe that does something to the network, by a word."""

    how: str

    def __call__(self, seen: Seen) -> Tensor:
        network: Any = seen.network
        if self.how == "bias":
            network.classifier.bias.add_(1)
        elif self.how == "mode":
            network.train()
        elif self.how == "hook":
            network.register_forward_hook(lambda *_: None)
        elif self.how == "frozen":
            network.requires_grad_(False)
        elif self.how == "mean":
            return seen.output.features - seen.output.features.mean(0)
        return seen.output.features


class Meddles(Distance):
    """It has the probe of a word."""

    how: str

    def probes(self) -> tuple[Probe, ...]:
        return (Meddling(self.how),)


@bench.method("bad-leaves-network-alone")
class ChangesWeights(Meddles):
    """It changes a bias of the network."""

    how = "bias"


@bench.method("bad-leaves-network-alone--mode")
class ChangesMode(Meddles):
    """It switches the network to training."""

    how = "mode"


@bench.method("bad-leaves-network-alone--frozen")
class Freezes(Meddles):
    """It freezes the user's network."""

    how = "frozen"


@dataclass(frozen=True)
class Gradients(Probe):
    """A probe that leaves gradients behind."""

    differentiates = True

    def __call__(self, seen: Seen) -> Tensor:
        network: Any = seen.network
        with torch.enable_grad():
            network(seen.images.detach()).logits.sum().backward()
        return seen.output.features


@bench.method("bad-leaves-network-alone--gradients")
class LeavesGradients(Distance):
    """Its gradients stay on the network's parameters."""

    def fit_probes(self) -> tuple[Probe, ...]:
        return (Gradients(),)


@bench.method("bad-leaves-no-hooks")
class LeavesAHook(Meddles):
    """It leaves a hook on the network."""

    how = "hook"


@bench.method("bad-leaves-random-state-alone")
class SeedsTheGlobalState(Distance):
    """It seeds and uses the global random state."""

    def fit(self, data: FitData) -> Self:
        super().fit(data)
        np.random.seed(0)  # noqa: NPY002
        self.mean_ = self.mean_ + 0.01 * np.random.rand(*self.mean_.shape)  # noqa: NPY002
        return self


@bench.method("bad-leaves-random-state-alone--used")
class UsesTheGlobalState(Distance):
    """It draws from the global random state of torch."""

    def score(self, outputs: Outputs) -> Scores:
        return super().score(outputs) + 1e-3 * torch.rand(len(outputs)).double().numpy()


@bench.method("bad-leaves-inputs-alone")
class ClipsInPlace(Distance):
    """It clips the features where they are."""

    def score(self, outputs: Outputs) -> Scores:
        np.clip(outputs.features, 0, 1, out=outputs.features)
        return super().score(outputs)


@bench.method("bad-leaves-inputs-alone--fit")
class NormalisesInPlace(Distance):
    """It shifts the training features where they are."""

    def fit(self, data: FitData) -> Self:
        super().fit(data)
        data.features[:] = 0
        return self


@bench.method("bad-reads-files-of-arrays")
class WantsPlainArrays(Distance):
    """It takes arrays in memory only."""

    def score(self, outputs: Outputs) -> Scores:
        if type(outputs.features) is not np.ndarray:
            raise TypeError("an array is needed")
        return super().score(outputs)


class Undescribed(Probe):
    """A probe that is no dataclass."""

    def __call__(self, seen: Seen) -> Tensor:
        return seen.output.features


UNDESCRIBED = Undescribed()


@bench.method("bad-asks-for-plain-data")
class AsksByIdentity(Distance):
    """Its probe is equal to itself only."""

    def probes(self) -> tuple[Probe, ...]:
        return (UNDESCRIBED,)


@bench.method("bad-probes-see-images-alone")
class CentresTheBatch(Meddles):
    """Its probe subtracts the mean of the batch."""

    how = "mean"


@dataclass(frozen=True)
class BatchScaledLoss(bench.InputLoss):
    """A loss that is divided by the mean of the batch."""

    def __call__(self, output: NetworkOutput) -> Tensor:
        losses = -output.logits.logsumexp(1)
        return losses / losses.mean().abs()


class Moves(Distance):
    """The distance after a step along a gradient."""

    needs = frozenset({"features", "training", "gradients"})

    def view(self) -> bench.View:
        return bench.View(BatchScaledLoss(), 0.001)


@bench.method("bad-input-loss-sees-images-alone")
class MovesByTheBatch(Moves):
    """The loss of an image depends on the others."""


@bench.method("bad-probability-is-one")
class NoProbability(Distance):
    """It takes its distances for probabilities."""

    def probability(self, scores: Scores) -> Scores:
        return scores
