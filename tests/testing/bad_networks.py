"""Networks with one fault each: `bad-CHECK` breaks the check called so, and no other; `--` sets variants apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

import bench
from bench import Citation, NetworkOutput


class Tiny(bench.Classifier):
    """Two convolutions: a network without a fault."""

    citation = Citation("Tiny", "the tests", 2026)

    def build(self, channels: int) -> int:
        self.first = nn.Sequential(nn.Conv2d(channels, 6, 3, padding=1), nn.BatchNorm2d(6), nn.GELU(), nn.AvgPool2d(4))
        self.second = nn.Sequential(nn.Conv2d(6, 8, 3, padding=1), nn.GELU())
        return 8

    def stages(self) -> Sequence[Any]:
        return self.first, self.second


@bench.network("good-tiny")
class Good(Tiny):
    """Two convolutions."""


@bench.network("bad-complete-metadata")
class Undescribed(Tiny):
    """A network of no version."""

    version = 0


@bench.network("bad-branch-is-optional")
class BranchAddsMore(Tiny):
    """The branch brings a layer of another name."""

    def __init__(self, num_classes: int, *, channels: int = 3, confidence_branch: bool = False) -> None:
        super().__init__(num_classes, channels=channels, confidence_branch=confidence_branch)
        if confidence_branch:
            self.scale = nn.Parameter(torch.ones(1))

    def classify(self, maps: Tensor) -> NetworkOutput:
        logits, features, confidence = super().classify(maps)
        return NetworkOutput(logits, features, None if confidence is None else confidence * self.scale)


@bench.network("bad-seed-decides-weights")
class WeightsOfNumPy(Tiny):
    """Its weights come from NumPy's own generator."""

    def build(self, channels: int) -> int:
        width = super().build(channels)
        noise = torch.from_numpy(np.random.default_rng().normal(size=8)).float()
        self.second[0].bias = nn.Parameter(noise)
        return width


@bench.network("bad-branch-is-optional--first")
class BranchFirst(Tiny):
    """The branch is made first, so that its seed gives other weights to the rest."""

    def __init__(self, num_classes: int, *, channels: int = 3, confidence_branch: bool = False) -> None:
        if confidence_branch:
            torch.rand(1)
        super().__init__(num_classes, channels=channels, confidence_branch=confidence_branch)


@bench.network("bad-seed-decides-weights--numpy")
class WeightsOfGlobalNumPy(Tiny):
    """Its weights come from the global random state of NumPy."""

    def build(self, channels: int) -> int:
        width = super().build(channels)
        np.random.rand()  # noqa: NPY002
        return width


class Shift(nn.Module):
    """Adds a number for each channel that was drawn, but is no part of the weights."""

    def __init__(self, *, registered: bool) -> None:
        super().__init__()
        drawn = torch.rand(1, 6, 1, 1)
        self.register_buffer("shift", drawn, persistent=registered)

    def forward(self, maps: Tensor) -> Tensor:
        return maps + self.shift  # type: ignore[operator]


@bench.network("bad-weights-can-be-kept")
class ForgottenBuffer(Tiny):
    """Something that it needs is not in its state dict."""

    def build(self, channels: int) -> int:
        width = super().build(channels)
        self.first.append(Shift(registered=False))
        return width


@bench.network("bad-training-reaches-all-weights")
class DeadLayer(Tiny):
    """It has a layer that nothing goes through."""

    def build(self, channels: int) -> int:
        self.unused = nn.Linear(3, 3)
        return super().build(channels)


@bench.network("bad-outputs")
class LogitsAlone(Tiny):
    """It returns logits, as other libraries want them."""

    def classify(self, maps: Tensor) -> NetworkOutput:
        return super().classify(maps).logits  # type: ignore[return-value]


@bench.network("bad-outputs--column")
class ConfidenceColumn(Tiny):
    """Its confidence is a column."""

    def classify(self, maps: Tensor) -> NetworkOutput:
        logits, features, confidence = super().classify(maps)
        return NetworkOutput(logits, features, None if confidence is None else confidence[:, None])


@bench.network("bad-classes-and-channels")
class AlwaysRGB(Tiny):
    """It takes three channels, whatever it is told."""

    def build(self, channels: int) -> int:
        return super().build(3)


@bench.network("bad-logits-are-linear")
class ScaledLogits(Tiny):
    """Its logits are divided by something that the last layer does not know."""

    def classify(self, maps: Tensor) -> NetworkOutput:
        logits, features, confidence = super().classify(maps)
        return NetworkOutput(logits / 2, features, confidence)


@bench.network("bad-stages-make-the-network")
class MoreThanItsStages(Tiny):
    """It does something that is in no stage."""

    def forward(self, images: Tensor) -> NetworkOutput:
        return super().forward(images * 2)


@bench.network("bad-same-each-time")
class AlwaysDrops(Tiny):
    """Its dropout is on in eval mode too."""

    def classify(self, maps: Tensor) -> NetworkOutput:
        return super().classify(nn.functional.dropout(maps, 0.3, training=True))


class BatchCentre(nn.Module):
    """Subtracts a part of the batch's mean, in eval mode too."""

    def forward(self, maps: Tensor) -> Tensor:
        return maps - 0.3 * maps.mean(0, keepdim=True)


@bench.network("bad-images-alone")
class LooksAtTheBatch(Tiny):
    """It uses the statistics of the batch in eval mode."""

    def build(self, channels: int) -> int:
        width = super().build(channels)
        self.first.append(BatchCentre())
        return width


class Viewing(nn.Module):
    """Wants memory in one order."""

    def forward(self, maps: Tensor) -> Tensor:
        return maps.view(len(maps), -1).view(maps.shape)


@bench.network("bad-any-memory-layout")
class WantsOneLayout(Tiny):
    """It cannot take channels-last images."""

    def build(self, channels: int) -> int:
        width = super().build(channels)
        self.first.insert(0, Viewing())
        return width


class OnTheCPU(nn.Module):
    """Makes a tensor on the CPU, wherever it is itself."""

    def forward(self, maps: Tensor) -> Tensor:
        return maps + torch.ones(6, 1, 1)


@bench.network("bad-follows-the-device")
class StaysOnTheCPU(Tiny):
    """It cannot run on a GPU."""

    def build(self, channels: int) -> int:
        width = super().build(channels)
        self.first.append(OnTheCPU())
        return width


class Counting(nn.Module):
    """Counts its calls in a buffer, in eval mode too."""

    calls: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("calls", torch.zeros(()))

    def forward(self, maps: Tensor) -> Tensor:
        self.calls += 1
        return maps


@bench.network("bad-evaluating-changes-nothing")
class CountsCalls(Tiny):
    """It keeps a count among its weights."""

    def build(self, channels: int) -> int:
        width = super().build(channels)
        self.first.append(Counting())
        return width


@bench.network("bad-gradients-reach-images")
class Detached(Tiny):
    """No gradient of its confidence reaches the images."""

    def classify(self, maps: Tensor) -> NetworkOutput:
        logits, features, _ = super().classify(maps)
        confidence = None if self.confidence is None else self.confidence(features.detach()).squeeze(1)
        return NetworkOutput(logits, features, confidence)
