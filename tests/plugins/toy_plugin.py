"""A plugin file of every kind, small enough to train in a moment: two classes of shades, and noise as OOD."""

from collections.abc import Callable, Sequence
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor, nn

import bench


def shades(count: int, seed: int) -> bench.ArrayImages:
    """Dark images of class 0 and bright ones of class 1, each with some noise of its own."""
    random = np.random.default_rng(seed)
    labels = np.arange(count) % 2
    pixels = random.integers(0, 40, (count, 8, 8, 3)) + 200 * labels[:, None, None, None]
    return bench.ArrayImages(pixels.astype(np.uint8), labels, classes=("dark", "bright"))


@bench.dataset("toy-shades")
class Shades(bench.DataSet):
    """Dark and bright images."""

    title = "Shades"
    citation = bench.Citation("Shades", "A. Author", 2026)
    licence = "CC0"
    obtained = "generated"
    image_size = (8, 8)
    counts: ClassVar = {"train": 64, "test": 40}
    classes = ("dark", "bright")
    default_network = "toy-net"

    def load(self, split: str, place: bench.Place) -> bench.Images:
        """64 images to train on, 40 to test."""
        self.require_split(split)
        return shades(64, 0) if split == "train" else shades(40, 1)

    def training_transform(self) -> bench.InputTransform:
        """Pixels of 8x8 images around zero."""
        return bench.InputTransform(8, 8, 3, (0.5,) * 3, (0.5,) * 3)


@bench.dataset("toy-noise")
class Noise(bench.DataSet):
    """Uniform noise."""

    title = "Noise"
    citation = bench.Citation("Noise", "A. Author", 2026)
    licence = "CC0"
    obtained = "generated"
    image_size = (8, 8)
    counts: ClassVar = {"test": 30}

    def load(self, split: str, place: bench.Place) -> bench.Images:
        """30 images."""
        self.require_split(split)
        return bench.ArrayImages(np.random.default_rng(2).integers(0, 256, (30, 8, 8, 3)).astype(np.uint8))


@bench.network("toy-net")
class Net(bench.Classifier):
    """One convolution."""

    def build(self, channels: int) -> int:
        """Four maps."""
        self.layer = nn.Conv2d(channels, 4, 3)
        return 4

    def stages(self) -> Sequence[Callable[[Tensor], Tensor]]:
        """The convolution and its rectified maps."""
        return [lambda images: torch.relu(self.layer(images))]


@bench.objective("toy-loss")
class Loss(bench.Objective):
    """Half of cross-entropy."""

    def loss(self, output: bench.NetworkOutput, labels: Tensor, generator: torch.Generator) -> Tensor:
        """The mean over the batch."""
        return 0.5 * nn.functional.cross_entropy(output.logits.float(), labels)


@bench.method("toy-score")
class Score(bench.Method):
    """The largest logit of a network trained with the loss of this file."""

    equation = "max f"
    objective = "toy-loss"

    def score(self, outputs: bench.Outputs) -> bench.Scores:
        """The largest logit `(N,)`."""
        found: bench.Scores = outputs.logits.max(axis=1).astype(np.float64)
        return found
