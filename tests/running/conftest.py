"""A network that says how bright an image is, and images of chosen brightness."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from bench.data.images import ArrayImages, Images
from bench.data.transform import InputTransform
from bench.networks.classifier import NetworkOutput
from bench.running.evaluation import Evaluation
from bench.running.extraction import Extractor
from bench.running.failures import FailureLog
from bench.running.network import TestedNetwork
from bench.store import Store


class Brightness(nn.Module):
    """Features are the mean pixel in 0..1; class 1 is bright; the confidence follows the brightness."""

    def forward(self, images: Tensor) -> NetworkOutput:
        brightness = images.mean((1, 2, 3))
        logits = torch.stack([0.5 - brightness, brightness - 0.5], 1)
        return NetworkOutput(logits, brightness[:, None], 4 * brightness - 2)


@pytest.fixture
def network() -> TestedNetwork:
    transform = InputTransform(4, 4, 1, (0.0,), (1.0,))
    return TestedNetwork(Brightness(), "brightness", "hash-of-no-weights", transform, "cross-entropy", 3)


@pytest.fixture
def shades() -> Callable[..., ArrayImages]:
    """Images of the given brightnesses (0 to 255), each told apart from all others by its noise."""

    def make(brightnesses: Sequence[int], seed: int = 0, *, labelled: bool = False) -> ArrayImages:
        values = np.asarray(brightnesses)
        noise = np.random.default_rng(seed).integers(-2, 3, (len(values), 4, 4, 1))
        pixels = (values[:, None, None, None] + noise).clip(0, 255).astype(np.uint8)
        return ArrayImages(pixels, (values > 127).astype(np.int64) if labelled else None)

    return make


@pytest.fixture
def make_evaluation(network: TestedNetwork, tmp_path: Path) -> Callable[..., Evaluation]:
    def make(id_images: Images, protocol: str = "published", **changes: Any) -> Evaluation:
        store = Store(tmp_path / "run")
        extract = Extractor(changes.pop("network", network), torch.device("cpu"))
        settings: dict[str, Any] = {
            "extract": extract, "id": "shades", "id_images": id_images, "train_images": lambda: id_images,
            "protocol": protocol, "tune_on": None, "tune_images": None, "store": store, "log": FailureLog(store),
        }  # fmt: skip
        return Evaluation(**{**settings, **changes})

    return make
