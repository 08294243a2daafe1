"""A small network for digits with a confidence branch, its images, and detectors on them."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch

from bench.data.dataset import DATASETS, Place
from bench.data.images import ArrayImages, Images, SubsetImages
from bench.data.transform import InputTransform
from bench.detector import Detector, fit_detector
from bench.method_contract import METHODS
from bench.networks.checkpoint import Checkpoint
from bench.networks.classifier import build_network

TRANSFORM = InputTransform(16, 16, 1, (0.3,), (0.4,))


@cache
def checkpoint() -> Checkpoint:
    """An untrained network whose batch normalisation knows its images' statistics, so that scores are spread."""
    built = build_network("convnet", 10, channels=1, confidence_branch=True, seed=3)
    built.train()
    for _ in range(5):
        built(TRANSFORM(split("train").pixels[:200]))
    with torch.no_grad():
        built.classifier.weight *= 20
    return Checkpoint(
        network="convnet",
        num_classes=10,
        channels=1,
        confidence_branch=True,
        transform=TRANSFORM,
        classes=tuple("0123456789"),
        id_dataset="digits",
        objective="learned-confidence",
        seed=3,
        training={},
        state=built.state_dict(),
    )


@cache
def split(name: str) -> ArrayImages:
    found = DATASETS.get("digits")().load(name, Place(Path()))
    assert isinstance(found, ArrayImages)
    return found


def validation() -> Images:
    """The first 200 test images."""
    return SubsetImages(split("test"), np.arange(200))


@pytest.fixture
def thousand() -> ArrayImages:
    """1,000 images of which none was validated on: digits, half of them upside down, and noise."""
    digits = split("train").pixels[-800:].copy()
    digits[400:] = digits[400:, ::-1]
    noise = np.random.default_rng(0).integers(0, 256, (200, *digits.shape[1:]), dtype=np.uint8)
    return ArrayImages(np.concatenate([digits.astype(np.uint8), noise]))


@pytest.fixture
def detector_of() -> Callable[[str], Detector]:
    """A function from a method's name to a detector."""

    def make(name: str) -> Detector:
        method, images = METHODS.get(name)(), split("train")
        assert images.labels is not None
        train = ArrayImages(images.pixels[:400], images.labels[:400])
        return fit_detector(checkpoint(), method, validation(), train=train, tpr=0.8, name="digits")

    return make
