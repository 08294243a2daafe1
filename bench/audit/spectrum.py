"""Grey values and their spectrum."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

_LUMA = (0.299, 0.587, 0.114)
FREQUENCIES = (32, 17)
"""The rows and columns of `log_magnitudes`: those of a 32x32 image's spectrum; larger ones are averaged to these."""

THUMBNAIL = 8


def luma(unit: Tensor) -> Tensor:
    """The grey values `(B, H, W)` of images `(B, C, H, W)` with one or three channels (ITU-R 601)."""
    if unit.shape[1] == 1:
        return unit[:, 0]
    grey: Tensor = torch.einsum("bchw,c->bhw", unit, torch.tensor(_LUMA))
    return grey


def power(grey: Tensor) -> Tensor:
    """Squared magnitudes `(B, H, W // 2 + 1)` of the grey values less their mean."""
    magnitudes: Tensor = torch.fft.rfft2(grey - grey.mean((1, 2), keepdim=True)).abs()
    return magnitudes.square()


def log_magnitudes(grey: Tensor) -> Tensor:
    """Logarithms of the Fourier magnitudes `(B, R)`, the lowest frequencies in the middle rows."""
    magnitudes = torch.fft.fftshift(torch.fft.rfft2(grey).abs(), dim=1).add(1e-3).log()
    size = min(magnitudes.shape[1], FREQUENCIES[0]), min(magnitudes.shape[2], FREQUENCIES[1])
    return F.adaptive_avg_pool2d(magnitudes[:, None], size).flatten(1)


def thumbnails(unit: Tensor) -> Tensor:
    """The images averaged to 8x8 pixels `(B, C * 64)`."""
    return F.adaptive_avg_pool2d(unit, THUMBNAIL).flatten(1)
