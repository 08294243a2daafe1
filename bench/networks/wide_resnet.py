"""The wide residual networks of Zagoruyko & Komodakis for 32x32 images: `wrn-depth-width`, pre-activation."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor, nn
from torch.nn import functional as F

from bench.citation import Citation

from .classifier import Classifier, Stage, network
from .initialisation import he_normal_convolutions, zero_linear_biases

ZAGORUYKO_2016 = Citation(
    title="Wide Residual Networks",
    authors="Sergey Zagoruyko, Nikos Komodakis",
    year=2016,
    venue="BMVC",
    url="https://arxiv.org/abs/1605.07146",
    where="table 1, without dropout",
)


class PreActivationBlock(nn.Module):
    """Two 3x3 convolutions, each after batch normalisation and ReLU.

    The shortcut is the untouched input, or where the shape changes a 1x1 convolution of the activated one.
    """

    def __init__(self, channels_in: int, channels: int, stride: int) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(channels_in)
        self.conv1 = nn.Conv2d(channels_in, channels, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        same = channels_in == channels and stride == 1
        self.shortcut = None if same else nn.Conv2d(channels_in, channels, 1, stride, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """`F(x) + shortcut`, without activation behind."""
        activated = F.relu(self.bn1(x), inplace=True)
        hidden = F.relu(self.bn2(self.conv1(activated)), inplace=True)
        residual: Tensor = self.conv2(hidden)
        return residual + (x if self.shortcut is None else self.shortcut(activated))


class WideResNet(Classifier):
    """Three stages of `(depth - 4) / 6` blocks with `width` times 16, 32 and 64 channels; `64 * width` features.

    Convolutions start from N(0, 2 / fan-out) and biases at zero, as in the authors' code.
    """

    citation = ZAGORUYKO_2016
    aliases: ClassVar[dict[str, str]] = {
        **Classifier.aliases,
        "block1.layer": "layer1",
        "block2.layer": "layer2",
        "block3.layer": "layer3",
        "convShortcut": "shortcut",
    }
    depth: ClassVar[int]
    width: ClassVar[int]

    def __init__(self, num_classes: int, *, channels: int = 3, confidence_branch: bool = False) -> None:
        super().__init__(num_classes, channels=channels, confidence_branch=confidence_branch)
        zero_linear_biases(self)

    def build(self, channels: int) -> int:
        """Stem, three stages and the last batch normalisation."""
        width = self.width
        self.conv1 = nn.Conv2d(channels, 16, 3, padding=1, bias=False)
        self.layer1 = self._stage(16, 16 * width, stride=1)
        self.layer2 = self._stage(16 * width, 32 * width, stride=2)
        self.layer3 = self._stage(32 * width, 64 * width, stride=2)
        self.bn1 = nn.BatchNorm2d(64 * width)
        he_normal_convolutions(self, "fan_out")
        return 64 * width

    def _stage(self, channels_in: int, channels: int, stride: int) -> nn.Sequential:
        blocks = (self.depth - 4) // 6
        first = PreActivationBlock(channels_in, channels, stride)
        return nn.Sequential(first, *(PreActivationBlock(channels, channels, 1) for _ in range(blocks - 1)))

    def stages(self) -> tuple[Stage, ...]:
        """The three stages: the first with the stem, the last activated."""
        return (
            lambda images: self.layer1(self.conv1(images)),
            self.layer2,
            lambda maps: F.relu(self.bn1(self.layer3(maps)), inplace=True),
        )


@network("wrn-28-10")
class WideResNet28x10(WideResNet):
    """WRN-28-10 for 32x32 images, without dropout: 36.5 million parameters, 640 features."""

    depth, width = 28, 10


@network("wrn-16-8")
class WideResNet16x8(WideResNet):
    """WRN-16-8 for 32x32 images, without dropout: 11.0 million parameters, 512 features."""

    depth, width = 16, 8


@network("wrn-40-2")
class WideResNet40x2(WideResNet):
    """WRN-40-2 for 32x32 images, without dropout: 2.2 million parameters, 128 features."""

    depth, width = 40, 2
