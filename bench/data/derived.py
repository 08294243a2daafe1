"""Images made from another set's images, one by one."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.errors import BenchError

from .images import Images, Pixels
from .lineage import Lineage

Adapt = Callable[[int, NDArray[Any]], NDArray[Any]]
"""From an image's index and pixels to its new pixels."""


class AdaptedImages(Images):
    """The images of `parent`, each changed by `adapt`; labels, classes and names stay.

    `recipe` names what `adapt` does and stands for it in the identity; `note` is said in tables.
    """

    def __init__(self, parent: Images, adapt: Adapt, *, recipe: str, note: str = "") -> None:
        self.parent, self.adapt, self.recipe = parent, adapt, recipe
        self.labels, self.classes = parent.labels, parent.classes
        self.note = "; ".join(part for part in (parent.note, note) if part)

    def __len__(self) -> int:
        return len(self.parent)

    def read(self, indices: NDArray[np.intp]) -> Pixels:
        """The changed images."""
        found = zip(indices, self.parent.read(indices), strict=True)
        images = [self.adapt(int(index), image) for index, image in found]
        same = len({(image.shape, image.dtype) for image in images}) == 1
        return np.stack(images) if same else images

    def sample_id(self, index: int) -> str:
        """The parent's name of the image."""
        return self.parent.sample_id(index)

    def broken(self, *, thorough: bool = False) -> dict[int, str]:
        """The parent's."""
        return self.parent.broken(thorough=thorough)

    def lineages(self) -> Iterator[Lineage]:
        """The parent's: a changed image shows the same picture."""
        yield from (one.made_into(self) for one in self.parent.lineages())

    def update_digest(self, digest: hashlib._Hash) -> None:
        """The parent's identity and the recipe."""
        digest.update(f"{self.parent.identity} {self.recipe}".encode())


def centre_crop(side: int) -> Adapt:
    """Cut the central `side` x `side` pixels."""

    def adapt(index: int, image: NDArray[Any]) -> NDArray[Any]:
        height, width = _spare(image, side)
        return _cut(image, height // 2, width // 2, side)

    return adapt


def random_crop(side: int, seed: int, count: int) -> Adapt:
    """Cut `side` x `side` pixels at a place drawn once for each of `count` images; the same for the same seed."""
    # Raw words of a bit generator never change between numpy versions; other draws may.
    draws = np.random.PCG64(seed).random_raw(2 * count).reshape(count, 2).tolist()

    def adapt(index: int, image: NDArray[Any]) -> NDArray[Any]:
        height, width = _spare(image, side)
        return _cut(image, draws[index][0] % (height + 1), draws[index][1] % (width + 1), side)

    return adapt


def resize(side: int) -> Adapt:
    """Scale to `side` x `side` pixels, bilinear with antialiasing (Pillow's)."""
    from PIL import Image

    def adapt(index: int, image: NDArray[Any]) -> NDArray[Any]:
        return np.asarray(Image.fromarray(image).resize((side, side), Image.Resampling.BILINEAR))

    return adapt


def _spare(image: NDArray[Any], side: int) -> tuple[int, int]:
    height, width = image.shape[0] - side, image.shape[1] - side
    if height < 0 or width < 0:
        raise BenchError(
            f"An image of {image.shape[0]}x{image.shape[1]} pixels is too small to cut {side}x{side} from."
        )
    return height, width


def _cut(image: NDArray[Any], top: int, left: int, side: int) -> NDArray[Any]:
    return image[top : top + side, left : left + side]
