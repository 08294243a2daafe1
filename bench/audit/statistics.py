"""Statistics of single images that a network has no need of: what they tell apart, anything tells apart."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from bench.method_contract import METHODS

from .spectrum import luma, power

if TYPE_CHECKING:
    from torch import Tensor

    from bench.data.transform import InputTransform

Values = NDArray[np.float64]

BASELINES = {
    "brightness": ("brightness",),
    "colour-mean-distance": ("red mean", "green mean", "blue mean"),
    "total-variation": ("total variation",),
    "compression-size": ("PNG size",),
}
"""The methods whose measurement of an image is taken over, and what it is called here."""

JPEG_QUALITY = 75
JPEG_BLOCK = 8


def statistics(unit: Tensor, transform: InputTransform) -> dict[str, Values]:
    """Each statistic of the images `(B, C, H, W)` in [0, 1], by its name `(B,)`."""
    grey = luma(unit)
    found = _of_baselines(unit, transform)
    found["contrast"] = grey.std((1, 2), correction=0)
    found["JPEG size"] = _jpeg_sizes(unit)
    found["high-frequency energy"] = _high_frequency_share(grey)
    found["blockiness"] = _blockiness(grey)
    ring = _ring(grey)
    found["border brightness"] = ring.mean(1)
    found["border variation"] = ring.std(1, correction=0)
    return {name: values.double().numpy() for name, values in found.items()}


def _of_baselines(unit: Tensor, transform: InputTransform) -> dict[str, Tensor]:
    """What the pixel baselines measure of the images; grey images have no colour means."""
    from bench.extraction.probe import Seen
    from bench.networks.classifier import NetworkOutput

    nothing = torch.empty(len(unit), 0)
    seen = Seen(unit, transform, torch.nn.Identity(), NetworkOutput(nothing, nothing, None), ())
    found: dict[str, Tensor] = {}
    for name, words in BASELINES.items():
        [probe] = METHODS.get(name)().probes()
        columns = probe(seen).reshape(len(unit), -1)
        if columns.shape[1] == len(words):
            found |= dict(zip(words, columns.unbind(1), strict=True))
    return found


def _jpeg_sizes(unit: Tensor) -> Tensor:
    """The bytes of each image as JPEG."""
    from PIL import Image

    pixels = (unit * 255).round().byte().permute(0, 2, 3, 1).numpy()
    sizes = np.empty(len(pixels))
    for place, image in enumerate(pixels):
        file = BytesIO()
        shown = Image.fromarray(np.ascontiguousarray(image if image.shape[2] == 3 else image[..., 0]))
        shown.save(file, "JPEG", quality=JPEG_QUALITY)
        sizes[place] = file.tell()
    return torch.from_numpy(sizes)


def _high_frequency_share(grey: Tensor) -> Tensor:
    """The share of the variance at frequencies above a quarter of the sampling rate; 0 for a constant image."""
    height, width = grey.shape[1:]
    radius = torch.hypot(torch.fft.fftfreq(height)[:, None], torch.fft.rfftfreq(width)[None])
    energy = power(grey)
    total, high = energy.sum((1, 2)), energy[:, radius > 0.25].sum(1)
    return torch.where(total > 1e-9, high / total.clamp_min(1e-9), 0.0)


def _blockiness(grey: Tensor) -> Tensor:
    """Mean step across the edges of a JPEG's 8x8 blocks, by that within them; 1 where there are no such edges."""
    across, within = torch.zeros(len(grey)), torch.zeros(len(grey))
    for axis in (1, 2):
        steps = grey.diff(dim=axis).abs().mean(3 - axis)
        at_edge = (torch.arange(steps.shape[1]) + 1) % JPEG_BLOCK == 0
        if not at_edge.any():
            return torch.ones(len(grey))
        across, within = across + steps[:, at_edge].mean(1), within + steps[:, ~at_edge].mean(1)
    return (across + 1e-4) / (within + 1e-4)


def _ring(grey: Tensor) -> Tensor:
    """The outermost pixels of each image `(B, P)`."""
    height, width = grey.shape[1:]
    inside = torch.zeros(height, width, dtype=torch.bool)
    inside[1:-1, 1:-1] = True
    return grey[:, ~inside]
