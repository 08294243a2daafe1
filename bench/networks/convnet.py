"""A small convolutional network for the embedded data: it trains in seconds on a CPU."""

from __future__ import annotations

from torch import nn

from bench.citation import Citation

from .classifier import Classifier, network


@network("convnet")
class ConvNet(Classifier):
    """Four 3x3 convolutions with batch normalisation on the halved image, three max-pools, global average; 64 features.

    It is made for images of at most 16x16 pixels shown at 32x32, whose halves lose nothing. At the full size its
    first filters meet frequencies that no training image has: `docs/design/0010-the-small-network.md`.
    """

    citation = Citation("oodbench", "The oodbench maintainers", 2026)

    def build(self, channels: int) -> int:
        """A 2x2 average, then four convolution blocks of 16, 32, 64 and 64 channels."""
        self.trunk = nn.Sequential(
            nn.AvgPool2d(2),
            *_block(channels, 16),
            nn.MaxPool2d(2),
            *_block(16, 32),
            nn.MaxPool2d(2),
            *_block(32, 64),
            nn.MaxPool2d(2),
            *_block(64, 64),
        )
        return 64

    def stages(self) -> tuple[nn.Sequential, ...]:
        """The four blocks, each with the pooling before it."""
        return self.trunk[:4], self.trunk[4:8], self.trunk[8:12], self.trunk[12:]


def _block(channels_in: int, channels: int) -> tuple[nn.Module, ...]:
    return nn.Conv2d(channels_in, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels), nn.ReLU(inplace=True)
