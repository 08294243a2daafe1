"""Synthetic noise, as Hendrycks & Gimpel, Liang et al. and DeVries & Taylor use it."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar

from bench.citation import Citation
from bench.data.dataset import DataSet, Place, dataset
from bench.errors import BenchError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from bench.data.generated import Draw
    from bench.data.images import Images

_ODIN = "Enhancing The Reliability of Out-of-distribution Image Detection in Neural Networks"


class _Noise(DataSet):
    """Independent values per pixel and channel.

    `count` images; `seed` is a whole number >= 0; `size` is the side in pixels, by default the network's input. Noise
    is normalised by the network's input transform like all images; with `normalized=False` its values reach the network
    as they are, as in the released script of DeVries & Taylor.
    """

    licence = "none needed (computed)"
    obtained = "generated"
    counts: ClassVar = {"test": 10_000}

    def __init__(self, count: int = 10_000, seed: int = 0, size: int | None = None, normalized: bool = True) -> None:
        self.count, self.seed, self.size, self.normalized = count, seed, size, normalized

    def load(self, split: str, place: Place) -> Images:
        """`count` float32 images `(height, width, channels)` in [0, 1]."""
        from bench.data.generated import GeneratedImages

        self.require_split(split)
        height, width = (place.height, place.width) if self.size is None else (self.size, self.size)
        shape = (height, width, place.channels)
        recipe = f"{self.name} v1"
        if self.normalized:
            return GeneratedImages(self.draw, recipe=recipe, count=self.count, seed=self.seed, shape=shape)
        recipe += f", un-normalised for {place.mean}/{place.std}"
        draw = self._before_normalization(place)
        images = GeneratedImages(draw, recipe=recipe, count=self.count, seed=self.seed, shape=shape)
        images.note = "fed un-normalised"
        return images

    def _before_normalization(self, place: Place) -> Draw:
        """Draws what the network's normalisation turns into the noise. Raises `BenchError` where it is not known."""
        import numpy as np

        if not place.std:
            raise BenchError(f"{self.name}.normalized=false needs a network whose normalisation is known.")
        mean, std = np.asarray(place.mean, dtype="float32"), np.asarray(place.std, dtype="float32")
        return lambda stream, shape: self.draw(stream, shape) * std + mean

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
