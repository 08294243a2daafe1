"""The plain network of Simonyan & Zisserman for 32x32 images, with batch normalisation and one linear layer."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor, nn

from bench.citation import Citation
from bench.errors import BenchError

from .classifier import Classifier, NetworkOutput, network

SIMONYAN_2015 = Citation(
    title="Very Deep Convolutional Networks for Large-Scale Image Recognition",
    authors="Karen Simonyan, Andrew Zisserman",
    year=2015,
    venue="ICLR",
    url="https://arxiv.org/abs/1409.1556",
    where="configuration B, with batch normalisation and one linear layer as in DeVries & Taylor 2018, section 4.1",
)

_STAGES = (64, 128, 256, 512, 512)
_SMALLEST = 2 ** len(_STAGES)


@network("vgg13")
class VGG13(Classifier):
    """VGG13 with batch normalisation: ten 3x3 convolutions, five max-pools; 9.4 million parameters, 512 features.

    Weights start as PyTorch's default, as in DeVries & Taylor's code: with batch normalisation the paper's own
    scheme, which copies layers from a shallower network, is not needed.
    """

    citation = SIMONYAN_2015
    aliases: ClassVar[dict[str, str]] = {**Classifier.aliases, "features": "trunk"}

    def build(self, channels: int) -> int:
        """Five stages of two convolutions with bias and a max-pool."""
        layers: list[nn.Module] = []
        for width in _STAGES:
            layers += [*_block(channels, width), *_block(width, width), nn.MaxPool2d(2)]
            channels = width
        self.trunk = nn.Sequential(*layers)
        return channels

    def stages(self) -> tuple[nn.Sequential, ...]:
        """The five stages, each with its max-pool; the last maps are 1x1 for 32x32 images."""
        size = len(self.trunk) // len(_STAGES)
        return tuple(self.trunk[start : start + size] for start in range(0, len(self.trunk), size))

    def forward_stages(self, images: Tensor) -> tuple[list[Tensor], NetworkOutput]:
        """As that of every network. Raises `BenchError` on images that five halvings leave nothing of."""
        _require_size(images)
        return super().forward_stages(images)

    def forward(self, images: Tensor) -> NetworkOutput:
        """As that of every network. Raises `BenchError` on images that five halvings leave nothing of."""
        _require_size(images)
        return super().forward(images)


def _require_size(images: Tensor) -> None:
    height, width = images.shape[2:]
    if min(height, width) < _SMALLEST:
        raise BenchError(
            f"vgg13 halves its input five times and needs {_SMALLEST}x{_SMALLEST} pixels, got {height}x{width}. "
            "Use a transform of that size or another network."
        )


def _block(channels_in: int, channels: int) -> tuple[nn.Module, ...]:
    return nn.Conv2d(channels_in, channels, 3, padding=1), nn.BatchNorm2d(channels), nn.ReLU(inplace=True)
