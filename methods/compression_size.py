"""Compressed size: what the complexity of an image alone tells apart (Serrà et al. 2020)."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from bench.citation import Citation
from bench.extraction.outputs import Outputs
from bench.extraction.probe import Probe, Seen
from bench.fitting.data import FitData
from bench.fitting.typical import Typical
from bench.method_contract import Method, Scores, method


def eight_bit(pixels: Tensor) -> NDArray[np.uint8]:
    """Pixel values in [0, 1] `(B, C, H, W)` as whole numbers from 0 to 255."""
    rounded: NDArray[np.uint8] = (pixels * 255).round().clamp(0, 255).to(torch.uint8).cpu().numpy()
    return rounded


@dataclass(frozen=True)
class PngBytes(Probe):
    """The number of bytes of each image as an 8-bit PNG, compressed at zlib's level 9 `(B,)`."""

    def __call__(self, seen: Seen) -> Tensor:
        """The size of each image."""
        return torch.tensor([_png_bytes(image) for image in eight_bit(seen.pixels)], dtype=torch.float32)


def _png_bytes(image: NDArray[np.uint8]) -> int:
    from PIL import Image

    # An image that is neither grey nor RGB is its channels one below the other.
    shown: NDArray[Any] = image.transpose(1, 2, 0) if len(image) == 3 else image.reshape(-1, image.shape[2])
    file = BytesIO()
    Image.fromarray(np.ascontiguousarray(shown)).save(file, "PNG", compress_level=9)
    return file.tell()


@method("compression-size")
class CompressionSize(Method):
    """How far an image's compressed size is from the training images', negated.

    With L(x) the bytes of the image as PNG, the score is -|L(x) - mean| / spread, with mean and standard deviation over
    the training images. It sees no network. Sizes are whole numbers, so small images tie often. They depend on the zlib
    that pillow was built with.

    The paper corrects a generative model's likelihood by L(x); here L(x) stands alone, to tell what complexity alone
    separates.
    """

    citation = Citation(
        title="Input Complexity and Out-of-distribution Detection with Likelihood-based Generative Models",
        authors="Joan Serrà, David Álvarez, Vicenç Gómez, Olga Slizovskaia, José F. Núñez, Jordi Luque",
        year=2020,
        venue="ICLR",
        url="https://arxiv.org/abs/1909.11480",
        where="section 2, complexity estimate",
    )
    equation = "-|L(x) - mean(L)| / std(L), L the bytes of x as PNG"
    group = "baselines"
    objective = None
    needs = frozenset({"training"})

    def fit_probes(self) -> tuple[Probe, ...]:
        """The training images' sizes."""
        return (PngBytes(),)

    def probes(self) -> tuple[Probe, ...]:
        """The images' sizes."""
        return (PngBytes(),)

    def fit(self, data: FitData) -> Self:
        """Learn the usual size."""
        self.typical_ = Typical.of(data.train.probed[PngBytes()])
        return self

    def score(self, outputs: Outputs) -> Scores:
        """Minus the distance of each image's size `(N,)`."""
        return -np.abs(self.typical_.above(outputs.probed[PngBytes()]))
