"""ResNet-18 of He et al. as the field uses it on 32x32 images: a 3x3 stem and no max-pool."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from torch import Tensor, nn
from torch.nn import functional as F

from .classifier import Classifier, Stage, network
from .initialisation import he_normal_convolutions
from .resnet_cifar import HE_2016


class ProjectedBlock(nn.Module):
    """Two 3x3 convolutions with batch normalisation; the shortcut is the identity, or a 1x1 convolution and BN."""

    def __init__(self, channels_in: int, channels: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels_in, channels, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or channels_in != channels:
            projection = nn.Conv2d(channels_in, channels, 1, stride, bias=False)
            self.shortcut = nn.Sequential(projection, nn.BatchNorm2d(channels))

    def forward(self, x: Tensor) -> Tensor:
        """`relu(F(x) + shortcut(x))`."""
        hidden = F.relu(self.bn1(self.conv1(x)), inplace=True)
        return F.relu(self.bn2(self.conv2(hidden)) + self.shortcut(x), inplace=True)


@network("resnet18")
class ResNet18(Classifier):
    """ResNet-18 for 32x32 images: 3x3 stem, no max-pool, projections (option B); 11.2 million parameters.

    512 features. Convolutions start from N(0, 2 / fan-in), the initialisation the paper cites.
    """

    citation = replace(HE_2016, where="table 1, 18 layers, with a 3x3 stem and no max-pool for 32x32 images")
    aliases: ClassVar[dict[str, str]] = {**Classifier.aliases, "downsample": "shortcut"}

    def build(self, channels: int) -> int:
        """Stem and four stages of two blocks."""
        self.conv1 = nn.Conv2d(channels, 64, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.layer1 = _stage(64, 64, stride=1)
        self.layer2 = _stage(64, 128, stride=2)
        self.layer3 = _stage(128, 256, stride=2)
        self.layer4 = _stage(256, 512, stride=2)
        he_normal_convolutions(self, "fan_in")
        return 512

    def stages(self) -> tuple[Stage, ...]:
        """The four stages, the first with the stem."""
        return self._stem_and_first, self.layer2, self.layer3, self.layer4

    def _stem_and_first(self, images: Tensor) -> Tensor:
        maps: Tensor = self.layer1(F.relu(self.bn1(self.conv1(images)), inplace=True))
        return maps


def _stage(channels_in: int, channels: int, stride: int) -> nn.Sequential:
    return nn.Sequential(ProjectedBlock(channels_in, channels, stride), ProjectedBlock(channels, channels, 1))
