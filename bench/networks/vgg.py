"""The plain network of Simonyan & Zisserman for 32x32 images, with batch normalisation and one linear layer."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor, nn

from bench.citation import Citation
from bench.errors import BenchError

from .classifier import Classifier, network

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

    def forward_features(self, images: Tensor) -> Tensor:
        """Global average of the last maps, which are 1x1 for 32x32 images. Raises `BenchError` on smaller ones."""
        height, width = images.shape[2:]
        if min(height, width) < _SMALLEST:
            raise BenchError(
                f"vgg13 halves its input five times and needs {_SMALLEST}x{_SMALLEST} pixels, got {height}x{width}. "
                "Use a transform of that size or another network."
            )
        maps: Tensor = self.trunk(images)
        return maps.mean((2, 3))


def _block(channels_in: int, channels: int) -> tuple[nn.Module, ...]:
    return nn.Conv2d(channels_in, channels, 3, padding=1), nn.BatchNorm2d(channels), nn.ReLU(inplace=True)
