"""Outliers made without any OOD data, for tuning: noise, and ID images whose tiles are shuffled."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from bench.data.generated import GeneratedImages
from bench.data.images import Images, Pixels, PooledImages
from bench.data.lineage import Lineage
from bench.seeds import derived_seed

COUNT, TILES, SEED = 500, 4, 0


def substitute_outliers(id_images: Images) -> Images:
    """500 images of uniform noise, 500 of clipped Gaussian noise, and each ID image with its 4x4 tiles shuffled.

    The noise comes from seeds that no data set's noise uses, so that a noise test set is never tuned on.
    """
    first = id_images.read(np.array([0]))[0]
    height, width, *rest = first.shape
    shape = (height, width, rest[0] if rest else 1)
    seed = derived_seed(SEED, "substitute outliers")
    uniform = GeneratedImages(_uniform, recipe="substitute uniform v1", count=COUNT, seed=seed, shape=shape)
    gaussian = GeneratedImages(_gaussian, recipe="substitute gaussian v1", count=COUNT, seed=seed, shape=shape)
    return PooledImages([uniform, gaussian, ShuffledTiles(id_images)])


def _uniform(stream: np.random.Generator, shape: tuple[int, int, int]) -> NDArray[np.float32]:
    return stream.random(shape, dtype="float32")


def _gaussian(stream: np.random.Generator, shape: tuple[int, int, int]) -> NDArray[np.float32]:
    return (stream.standard_normal(shape, dtype="float32") + 0.5).clip(0, 1)


class ShuffledTiles(Images):
    """Another set's images, each cut into 4x4 tiles that are put together in a random order.

    Rows and columns that do not fill a tile are cut off. An image's order depends on its place alone.
    """

    def __init__(self, parent: Images) -> None:
        self.parent = parent

    def __len__(self) -> int:
        return len(self.parent)

    def read(self, indices: NDArray[np.intp]) -> Pixels:
        """The shuffled images at `indices`."""
        originals = zip(self.parent.read(indices), indices, strict=True)
        images = [self._shuffle(image, int(index)) for image, index in originals]
        return np.stack(images) if len({image.shape for image in images}) == 1 else images

    def lineages(self) -> Iterator[Lineage]:
        """The parent's: a shuffled image shows the same picture."""
        yield from (one.made_into(self) for one in self.parent.lineages())

    def update_digest(self, digest: hashlib._Hash) -> None:
        """The parent's identity."""
        digest.update(f"shuffled tiles v1 {self.parent.identity}".encode())

    @staticmethod
    def _shuffle(image: NDArray[np.generic], index: int) -> NDArray[np.generic]:
        rows, columns = image.shape[0] // TILES, image.shape[1] // TILES
        cut = image[: rows * TILES, : columns * TILES]
        tiles = cut.reshape(TILES, rows, TILES, columns, -1).swapaxes(1, 2).reshape(TILES * TILES, rows, columns, -1)
        order = np.random.default_rng(derived_seed(SEED, "tiles", index)).permutation(TILES * TILES)
        grid = tiles[order].reshape(TILES, TILES, rows, columns, -1).swapaxes(1, 2)
        return grid.reshape(cut.shape)
