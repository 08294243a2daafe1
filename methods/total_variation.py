"""Total variation: what smoothness alone tells apart."""

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
class NeighbourDifference(Probe):
    """The mean absolute difference of horizontally and vertically neighbouring pixels of each image `(B,)`."""

    def __call__(self, seen: Seen) -> Tensor:
        """The mean difference of each image, in [0, 1]; 0 for a single pixel, which has no neighbour."""
        pixels = seen.pixels
        steps = [pixels.diff(dim=axis).abs().flatten(1) for axis in (2, 3)]
        return (steps[0].sum(1) + steps[1].sum(1)) / max(1, steps[0].shape[1] + steps[1].shape[1])


@method("total-variation")
class TotalVariation(Method):
    """How far an image's total variation is from the training images', negated.

    With v(x) the mean absolute difference of neighbouring pixels, the score is -|v(x) - mean| / spread, with mean and
    standard deviation over the training images. It sees no network. An OOD set that it tells apart is smoother or
    noisier, as images are that were resized carelessly: the cited paper shows it of LSUN and TinyImageNet as resized
    for ODIN.

    Args:
        two_sided: whether smoother and noisier images score alike. If not, the score is (mean - v(x)) / spread, the
            raw total variation up to scale: smooth images score high, and an AUROC below 0.5 says that OOD images are
            the smoother ones.
    """

    citation = Citation(
        title="CSI: Novelty Detection via Contrastive Learning on Distributionally Shifted Instances",
        authors="Jihoon Tack, Sangwoo Mo, Jongheon Jeong, Jinwoo Shin",
        year=2020,
        venue="NeurIPS",
        url="https://arxiv.org/abs/2007.08176",
        where="appendix I, artifacts of resized sets",
    )
    equation = "-|v(x) - mean(v)| / std(v), v = mean |difference of neighbouring pixels|"
    group = "baselines"
    objective = None
    needs = frozenset({"training"})
    search = {"two_sided": (True, False)}  # noqa: RUF012 - read-only by contract

    def __init__(self, *, two_sided: bool = True) -> None:
        self.two_sided = two_sided

    def fit_probes(self) -> tuple[Probe, ...]:
        """The training images' total variation."""
        return (NeighbourDifference(),)

    def probes(self) -> tuple[Probe, ...]:
        """The images' total variation."""
        return (NeighbourDifference(),)

    def fit(self, data: FitData) -> Self:
        """Learn the usual total variation."""
        self.typical_ = Typical.of(data.train.probed[NeighbourDifference()])
        return self

    def score(self, outputs: Outputs) -> Scores:
        """Minus the distance of each image's total variation, or minus the total variation itself `(N,)`."""
        above = self.typical_.above(outputs.probed[NeighbourDifference()])
        return -np.abs(above) if self.two_sided else -above
