"""The densely connected network of Huang et al. for 32x32 images, with bottlenecks and compression."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bench.citation import Citation

from .classifier import Classifier, Stage, network
from .initialisation import he_normal_convolutions, zero_linear_biases

HUANG_2017 = Citation(
    title="Densely Connected Convolutional Networks",
    authors="Gao Huang, Zhuang Liu, Laurens van der Maaten, Kilian Q. Weinberger",
    year=2017,
    venue="CVPR",
    url="https://arxiv.org/abs/1608.06993",
    where="sections 3 and 4, DenseNet-BC with L = 100 and k = 12, without dropout",
)

_DEPTH = 100
_GROWTH = 12
_BLOCKS = 3
_LAYERS_PER_BLOCK = (_DEPTH - _BLOCKS - 1) // (2 * _BLOCKS)


class BottleneckLayer(nn.Module):
    """BN-ReLU-Conv 1x1 to four times the growth, BN-ReLU-Conv 3x3 to the growth, put behind the input's channels."""

    def __init__(self, channels_in: int) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(channels_in)
        self.conv1 = nn.Conv2d(channels_in, 4 * _GROWTH, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(4 * _GROWTH)
        self.conv2 = nn.Conv2d(4 * _GROWTH, _GROWTH, 3, padding=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """`x` with the new channels behind."""
        hidden = self.conv1(F.relu(self.bn1(x), inplace=True))
        return torch.cat((x, self.conv2(F.relu(self.bn2(hidden), inplace=True))), 1)


class Transition(nn.Module):
    """BN-ReLU-Conv 1x1 that keeps half of the channels, and a 2x2 average pool."""

    def __init__(self, channels_in: int, channels: int) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(channels_in)
        self.conv1 = nn.Conv2d(channels_in, channels, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Halve channels, height and width."""
        return F.avg_pool2d(self.conv1(F.relu(self.bn1(x), inplace=True)), 2)


@network("densenet-bc-100-12")
class DenseNetBC(Classifier):
    """DenseNet-BC of depth 100, growth 12 and reduction 0.5: 0.77 million parameters, 342 features.

    Convolutions start from N(0, 2 / fan-out) and biases at zero, as in the authors' code.
    """

    citation = HUANG_2017
    aliases: ClassVar[dict[str, str]] = {
        **Classifier.aliases,
        "block1.layer": "block1",
        "block2.layer": "block2",
        "block3.layer": "block3",
    }

    def __init__(self, num_classes: int, *, channels: int = 3, confidence_branch: bool = False) -> None:
        super().__init__(num_classes, channels=channels, confidence_branch=confidence_branch)
        zero_linear_biases(self)

    def build(self, channels: int) -> int:
        """Stem, three dense blocks with transitions between, and the last batch normalisation."""
        width = 2 * _GROWTH
        self.conv1 = nn.Conv2d(channels, width, 3, padding=1, bias=False)
        self.block1, width = _dense_block(width)
        self.trans1 = Transition(width, width // 2)
        self.block2, width = _dense_block(width // 2)
        self.trans2 = Transition(width, width // 2)
        self.block3, width = _dense_block(width // 2)
        self.bn1 = nn.BatchNorm2d(width)
        he_normal_convolutions(self, "fan_out")
        return width

    def stages(self) -> tuple[Stage, ...]:
        """The dense blocks: the first with the stem, the others with the transition before; the last is activated."""
        return (
            lambda images: self.block1(self.conv1(images)),
            lambda maps: self.block2(self.trans1(maps)),
            lambda maps: F.relu(self.bn1(self.block3(self.trans2(maps))), inplace=True),
        )


def _dense_block(width: int) -> tuple[nn.Sequential, int]:
    layers = [BottleneckLayer(width + layer * _GROWTH) for layer in range(_LAYERS_PER_BLOCK)]
    return nn.Sequential(*layers), width + _LAYERS_PER_BLOCK * _GROWTH
