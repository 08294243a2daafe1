"""Images computed from a seed: any count, any size, each image the same whatever batch it is read in."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.errors import BenchError

from .images import Images, Pixels

Draw = Callable[[np.random.Generator, tuple[int, int, int]], NDArray[np.float32]]
"""Makes one image of the given `(height, width, channels)` from a random stream; float32 in [0, 1]."""


class GeneratedImages(Images):
    """`count` images of `shape` `(height, width, channels)`, image i drawn from its own stream of `seed`.

    `recipe` names what `draw` computes and stands for it in the identity, so it must change when `draw` does.
    """

    def __init__(self, draw: Draw, *, recipe: str, count: int, seed: int, shape: tuple[int, int, int]) -> None:
        for name, value, least in (
            ("count", count, 1),
            ("seed", seed, 0),
            ("size", shape[0], 1),
            ("size", shape[1], 1),
        ):
            _require_integer(name, value, least)
        self.draw, self.recipe, self.count, self.seed, self.shape = draw, recipe, count, seed, shape

    def __len__(self) -> int:
        return self.count

    def read(self, indices: NDArray[np.intp]) -> Pixels:
        """The images at `indices`: float32 `(B, height, width, channels)`."""
        if len(indices) == 0:
            return np.empty((0, *self.shape), dtype=np.float32)
        return np.stack([self.draw(self._stream(int(index)), self.shape) for index in indices])

    def _stream(self, index: int) -> np.random.Generator:
        # Philox counts blocks: the image's index in the upper half of the counter gives it a stream of 2**128 blocks.
        return np.random.Generator(np.random.Philox(key=self.seed, counter=index << 128))

    def update_digest(self, digest: hashlib._Hash) -> None:
        """What determines every pixel."""
        digest.update(repr((self.recipe, self.count, self.seed, self.shape)).encode())


def _require_integer(name: str, value: Any, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise BenchError(
            f"The option '{name}' of a generated data set must be a whole number >= {least}, got {value!r}."
        )
