"""Synthetic noise, as Hendrycks & Gimpel, Liang et al. and DeVries & Taylor use it."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar

from bench.citation import Citation
from bench.data.dataset import DataSet, Place, dataset

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from bench.data.images import Images

_ODIN = "Enhancing The Reliability of Out-of-distribution Image Detection in Neural Networks"


class _Noise(DataSet):
    """Independent values per pixel and channel.

    `count` images; `seed` is a whole number >= 0; `size` is the side in pixels, by default the network's input.
    """

    licence = "none needed (computed)"
    obtained = "generated"
    counts: ClassVar = {"test": 10_000}

    def __init__(self, count: int = 10_000, seed: int = 0, size: int | None = None) -> None:
        self.count, self.seed, self.size = count, seed, size

    def load(self, split: str, place: Place) -> Images:
        """`count` float32 images `(height, width, channels)` in [0, 1]."""
        from bench.data.generated import GeneratedImages

        self.require_split(split)
        height, width = (place.height, place.width) if self.size is None else (self.size, self.size)
        shape = (height, width, place.channels)
        return GeneratedImages(self.draw, recipe=f"{self.name} v1", count=self.count, seed=self.seed, shape=shape)

    @staticmethod
    @abstractmethod
    def draw(stream: np.random.Generator, shape: tuple[int, int, int]) -> NDArray[np.float32]:
        """One image of `shape`."""


@dataset("uniform")
class Uniform(_Noise):
    """Uniform noise: every value from U(0, 1)."""

    title = "Uniform noise"
    citation = Citation(_ODIN, "Liang, Li, Srikant", 2018, "ICLR", "https://arxiv.org/abs/1706.02690", "section 4.2")

    @staticmethod
    def draw(stream: np.random.Generator, shape: tuple[int, int, int]) -> NDArray[np.float32]:
        """Values in [0, 1)."""
        return stream.random(shape, dtype="float32")


@dataset("gaussian")
class Gaussian(_Noise):
    """Gaussian noise: every value from N(0.5, 1), clipped to [0, 1].

    By the clipping a share of Phi(-0.5) = 0.3085 of the values is exactly 0, and as many exactly 1.
    """

    title = "Gaussian noise"
    citation = Citation(_ODIN, "Liang, Li, Srikant", 2018, "ICLR", "https://arxiv.org/abs/1706.02690", "section 4.2")

    @staticmethod
    def draw(stream: np.random.Generator, shape: tuple[int, int, int]) -> NDArray[np.float32]:
        """Values in [0, 1], with atoms at both ends."""
        return (stream.standard_normal(shape, dtype="float32") + 0.5).clip(0, 1)
