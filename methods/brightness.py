"""Brightness: what the mean pixel value alone tells apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from torch import Tensor

from bench.citation import Citation
from bench.extraction.outputs import Outputs
from bench.extraction.probe import Probe, Seen
from bench.fitting.data import FitData
from bench.fitting.typical import Typical
from bench.method_contract import Method, Scores, method


@dataclass(frozen=True)
class MeanPixel(Probe):
    """The mean of all pixel values of each image, in [0, 1] `(B,)`."""

    def __call__(self, seen: Seen) -> Tensor:
        """The mean pixel value of each image."""
        return seen.pixels.mean((1, 2, 3))


@method("brightness")
class Brightness(Method):
    """How far an image's mean pixel value is from the training images', negated.

    The score is -|m(x) - mean| / spread, with mean and standard deviation of m over the training images: images as
    bright as the training images are score 0, darker and brighter ones less. It sees no network. An OOD set that it
    tells apart differs in exposure, which says little of a method that tells it apart too.
    """

    citation = Citation(
        title="Do Deep Generative Models Know What They Don't Know?",
        authors="Eric Nalisnick, Akihiro Matsukawa, Yee Whye Teh, Dilan Gorur, Balaji Lakshminarayanan",
        year=2019,
        venue="ICLR",
        url="https://arxiv.org/abs/1810.09136",
        where="section 5, means and variances of the data sets",
    )
    equation = "-|m(x) - mean(m)| / std(m), m the mean pixel value"
    group = "baselines"
    objective = None
    needs = frozenset({"training"})

    def fit_probes(self) -> tuple[Probe, ...]:
        """The training images' brightness."""
        return (MeanPixel(),)

    def probes(self) -> tuple[Probe, ...]:
        """The images' brightness."""
        return (MeanPixel(),)

    def fit(self, data: FitData) -> Self:
        """Learn the usual brightness."""
        self.typical_ = Typical.of(data.train.probed[MeanPixel()])
        return self

    def score(self, outputs: Outputs) -> Scores:
        """Minus the distance of each image's brightness `(N,)`."""
        return -np.abs(self.typical_.above(outputs.probed[MeanPixel()]))
