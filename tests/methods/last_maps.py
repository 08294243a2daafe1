"""A network whose last maps have several positions, and what a method asks of a pass through it."""

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from bench.data.images import ArrayImages
from bench.data.transform import InputTransform
from bench.extraction.extract import extract
from bench.extraction.outputs import Outputs
from bench.extraction.probe import Probe
from bench.extraction.view import CLEAN
from bench.fitting.data import FitData, Head
from bench.networks.classifier import build_network

TRANSFORM = InputTransform(16, 16, 3, (0.4, 0.5, 0.6), (0.2, 0.2, 0.2))
NETWORK = build_network("resnet20", 5, seed=1).eval().requires_grad_(False)
PIXELS = np.random.default_rng(0).integers(0, 256, (40, 16, 16, 3), dtype=np.uint8)


def last_maps() -> Tensor:
    """The maps `(40, 64, 4, 4)` after the last stage."""
    return NETWORK.forward_stages(TRANSFORM(PIXELS))[0][-1]


def passed(probes: tuple[Probe, ...]) -> Outputs:
    """What the network and the probes say of the images."""
    cpu = torch.device("cpu")
    return extract(NETWORK, ArrayImages(PIXELS), TRANSFORM, [CLEAN], device=cpu, probes={CLEAN: probes})[CLEAN]


def fit_data(probes: tuple[Probe, ...]) -> FitData:
    """The images as training images, with some labels."""
    weight, bias = (value.double().numpy() for value in NETWORK.classifier.parameters())
    return FitData(Head(weight, bias), replace(passed(probes), labels=np.arange(len(PIXELS)) % 5))
