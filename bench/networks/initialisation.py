"""Initial weights that papers ask for, where they differ from PyTorch's."""

from __future__ import annotations

from typing import Literal

from torch import nn


def he_normal_convolutions(module: nn.Module, mode: Literal["fan_in", "fan_out"]) -> None:
    """Convolution weights from N(0, 2 / fan) (He et al. 2015, "Delving Deep into Rectifiers", equations 10 and 14)."""
    for part in module.modules():
        if isinstance(part, nn.Conv2d):
            nn.init.kaiming_normal_(part.weight, mode=mode)


def zero_linear_biases(module: nn.Module) -> None:
    """Biases of linear layers to zero."""
    for part in module.modules():
        if isinstance(part, nn.Linear):
            nn.init.zeros_(part.bias)
