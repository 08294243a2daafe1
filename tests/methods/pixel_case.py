"""Small made images of two kinds, and what a method's probes see of them."""

from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from bench.data.transform import InputTransform
from bench.extraction.outputs import Outputs
from bench.extraction.probe import Probe, Seen
from bench.fitting.data import FitData
from bench.networks.classifier import NetworkOutput


class PixelCase(NamedTuple):
    """What a method is fitted on, and what it scores."""

    data: FitData
    id: Outputs
    ood: Outputs


def seen_of(pixels: Tensor) -> Seen:
    """Images with values in [0, 1] `(B, C, H, W)`, as a probe sees them."""
    channels = pixels.shape[1]
    mean, std = (0.5, 0.4, 0.3, 0.2)[:channels], (0.25, 0.2, 0.1, 0.3)[:channels]
    transform = InputTransform(pixels.shape[2], pixels.shape[3], channels, mean, std)
    none: Any = None
    nothing = NetworkOutput(torch.empty(len(pixels), 0), torch.empty(len(pixels), 0), None)
    return Seen(transform.normalize(pixels), transform, none, nothing, ())


def outputs_of(pixels: Tensor, probes: tuple[Probe, ...]) -> Outputs:
    """What the probes see; logits and features are empty."""
    empty = np.empty((len(pixels), 0), np.float32)
    return Outputs(empty, empty, probed={probe: probe(seen_of(pixels)).float().numpy() for probe in probes})


def pixels_of(count: int, *, ood: bool = False, seed: int = 0, channels: int = 3) -> Tensor:
    """8-bit images: smooth ones of medium brightness, or brighter, noisier and more colourful ones."""
    stream = np.random.default_rng([seed, ood])
    level = stream.normal(0.8 if ood else 0.45, 0.04, (count, 1, 1, 1))
    tint = stream.normal(0.1 if ood else 0, 0.03, (count, channels, 1, 1))
    ramp = np.linspace(-0.1, 0.1, 10)[None, None, :, None] * stream.uniform(0.5, 1, (count, 1, 1, 1))
    noise = stream.normal(0, 0.15 if ood else 0.02, (count, channels, 10, 12))
    return torch.from_numpy(np.round((level + tint + ramp + noise).clip(0, 1) * 255) / 255).float()


def pixel_case(method: Any, *, channels: int = 3) -> PixelCase:
    """The case for a method, which is fitted on it."""
    train = outputs_of(pixels_of(200, seed=1, channels=channels), method.fit_probes())
    data = FitData(given_train=train)
    probes = method.fit(data).probes()
    shown = (outputs_of(pixels_of(50, ood=ood, seed=2, channels=channels), probes) for ood in (False, True))
    return PixelCase(data, *shown)
