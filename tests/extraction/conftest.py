"""A network whose passes are counted, and small images for it."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from bench.data.images import ArrayImages, Pixels
from bench.data.transform import InputTransform
from bench.networks.classifier import NetworkOutput, build_network


class Counting(nn.Module):
    """A network that notes the size of each batch it sees, and whether a gradient was wanted."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner
        self.seen: list[tuple[int, bool]] = []

    def forward(self, images: Tensor) -> NetworkOutput:
        self.seen.append((len(images), torch.is_grad_enabled()))
        output: NetworkOutput = self.inner(images)
        return output


class CountingImages(ArrayImages):
    """Images that note which of them were read."""

    def __init__(self, pixels: NDArray[np.uint8], labels: NDArray[np.int64]) -> None:
        super().__init__(pixels, labels)
        self.reads: list[int] = []

    def read(self, indices: NDArray[np.intp]) -> Pixels:
        self.reads.extend(indices.tolist())
        return super().read(indices)


@pytest.fixture
def transform() -> InputTransform:
    return InputTransform(16, 16, 3, (0.5, 0.4, 0.3), (0.25, 0.2, 0.1))


@pytest.fixture
def images() -> CountingImages:
    stream = np.random.default_rng(0)
    return CountingImages(stream.integers(0, 256, (23, 16, 16, 3), dtype=np.uint8), stream.integers(0, 4, 23))


@pytest.fixture
def make_network() -> Callable[..., Counting]:
    def make(*, seed: int = 0, confidence_branch: bool = True) -> Counting:
        inner = build_network("convnet", 4, confidence_branch=confidence_branch, seed=seed)
        generator = torch.Generator().manual_seed(seed)
        for module in inner.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.running_mean = torch.rand(module.num_features, generator=generator) - 0.5
                module.running_var = torch.rand(module.num_features, generator=generator) + 0.5
        return Counting(inner).eval()

    return make
