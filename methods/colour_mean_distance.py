"""Mean colour: what the average colour alone tells apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from torch import Tensor

from bench.citation import Citation
from bench.extraction.outputs import Outputs
from bench.extraction.probe import Probe, Seen
from bench.fitting.data import FitData
from bench.method_contract import Method, Scores, method

GREY_LEVEL = 1 / 255


@dataclass(frozen=True)
class ChannelMeans(Probe):
    """The mean of each channel of each image, in [0, 1] `(B, C)`."""

    def __call__(self, seen: Seen) -> Tensor:
        """The mean colour of each image."""
        return seen.pixels.mean((2, 3))


@method("colour-mean-distance")
class ColourMeanDistance(Method):
    """How far an image's mean colour is from the training images', negated.

    With c(x) the means of the image's channels, the score is minus the Mahalanobis distance of c(x) from its mean over
    the training images, under its covariance there, divided by N. With one channel it is `brightness`. The standard
    deviation along each principal axis is taken to be at least one grey level of 255, so that grey training images
    shown in three channels leave no axis without any. It sees no network.
    """

    citation = Citation(
        title="Unbiased Look at Dataset Bias",
        authors="Antonio Torralba, Alexei A. Efros",
        year=2011,
        venue="CVPR",
        url="https://people.csail.mit.edu/torralba/publications/datasets_cvpr11.pdf",
        where="section 1, Name That Dataset",
    )
    equation = "-√((c - c̄)ᵀ Σ⁻¹ (c - c̄)), c the channels' means"
    group = "baselines"
    objective = None
    needs = frozenset({"training"})

    def fit_probes(self) -> tuple[Probe, ...]:
        """The training images' mean colours."""
        return (ChannelMeans(),)

    def probes(self) -> tuple[Probe, ...]:
        """The images' mean colours."""
        return (ChannelMeans(),)

    def fit(self, data: FitData) -> Self:
        """Learn the mean colour and how it varies."""
        colours = data.train.probed[ChannelMeans()].astype(np.float64)
        self.mean_ = colours.mean(axis=0)
        variances, axes = np.linalg.eigh((colours - self.mean_).T @ (colours - self.mean_) / len(colours))
        self.whitening_ = axes / np.sqrt(np.maximum(variances, GREY_LEVEL**2))
        return self

    def score(self, outputs: Outputs) -> Scores:
        """Minus the distance of each image's mean colour `(N,)`."""
        colours = outputs.probed[ChannelMeans()].astype(np.float64)
        distances: Scores = np.linalg.norm((colours - self.mean_) @ self.whitening_, axis=1)
        return -distances
