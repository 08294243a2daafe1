"""The residual networks of He et al. for 32x32 images: 6n+2 layers, three stages of 16, 32 and 64 channels."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor, nn
from torch.nn import functional as F

from bench.citation import Citation

from .classifier import Classifier, Stage, network
from .initialisation import he_normal_convolutions

HE_2016 = Citation(
    title="Deep Residual Learning for Image Recognition",
    authors="Kaiming He, Xiangyu Zhang, Shaoqing Ren, Jian Sun",
    year=2016,
    venue="CVPR",
    url="https://arxiv.org/abs/1512.03385",
    where="section 4.2",
)


class PaddedShortcut(nn.Module):
    """Option A: take every second pixel and pad the new channels with zeros, half before and half behind."""

    def __init__(self, new_channels: int) -> None:
        super().__init__()
        self.before = new_channels // 2
        self.behind = new_channels - self.before

    def forward(self, x: Tensor) -> Tensor:
        """Halve height and width, widen the channels."""
        return F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.before, self.behind))


class BasicBlock(nn.Module):
    """Two 3x3 convolutions with batch normalisation and an identity or padded shortcut."""

    def __init__(self, channels_in: int, channels: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels_in, channels, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.shortcut = nn.Identity() if stride == 1 else PaddedShortcut(channels - channels_in)

    def forward(self, x: Tensor) -> Tensor:
        """`relu(F(x) + shortcut(x))`."""
        hidden = F.relu(self.bn1(self.conv1(x)), inplace=True)
        return F.relu(self.bn2(self.conv2(hidden)) + self.shortcut(x), inplace=True)


class CifarResNet(Classifier):
    """A residual network of `6 * blocks + 2` layers; 64 features."""

    citation = HE_2016
    blocks: ClassVar[int]

    def build(self, channels: int) -> int:
        """Stem and three stages."""
        self.conv1 = nn.Conv2d(channels, 16, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.layer1 = self._stage(16, 16, stride=1)
        self.layer2 = self._stage(16, 32, stride=2)
        self.layer3 = self._stage(32, 64, stride=2)
        he_normal_convolutions(self, "fan_in")
        return 64

    def _stage(self, channels_in: int, channels: int, stride: int) -> nn.Sequential:
        first = BasicBlock(channels_in, channels, stride)
        return nn.Sequential(first, *(BasicBlock(channels, channels, 1) for _ in range(self.blocks - 1)))

    def stages(self) -> tuple[Stage, ...]:
        """The three stages, the first with the stem."""
        return self._stem_and_first, self.layer2, self.layer3

    def _stem_and_first(self, images: Tensor) -> Tensor:
        maps: Tensor = self.layer1(F.relu(self.bn1(self.conv1(images)), inplace=True))
        return maps


@network("resnet20")
class ResNet20(CifarResNet):
    """ResNet-20 for 32x32 images, shortcuts without parameters (option A): 0.27 million parameters."""

    blocks = 3


@network("resnet56")
class ResNet56(CifarResNet):
    """ResNet-56 for 32x32 images, shortcuts without parameters (option A): 0.85 million parameters."""

    blocks = 9
