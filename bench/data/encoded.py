"""Images that are kept as the bytes of image files, wherever these are, and decoded when they are read."""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from .decode import BrokenImageError, decode, why_broken, why_undecodable
from .images import Images, Pixels

_BLOCK = 1024
"""How many images are looked at before the next are thought of."""


class EncodedImages(Images):
    """Images in image files, archives or tables.

    They are turned upright as their EXIF data say. Grey ones come as `(H, W)`, all others as `(H, W, 3)`; palettes are
    resolved and alpha is dropped; 16-bit grey stays uint16. Of an animation the first frame counts.
    """

    @abstractmethod
    def open(self, index: int) -> BinaryIO:
        """The bytes of one image, as a file to read from.

        Raises `BrokenImageError` where there are none.
        """

    def address(self, index: int) -> str:
        """Where one image is, for messages."""
        return self.sample_id(index)

    def decoded(self, index: int) -> NDArray[Any]:
        """One image; raises `BrokenImageError` naming it when it cannot be decoded."""
        with self.open(index) as file:
            return decode(file, self.address(index))

    def read(self, indices: NDArray[np.intp]) -> Pixels:
        """The decoded images: one array when they have one shape and type, else a list."""
        return stacked([self.decoded(int(index)) for index in indices])

    def broken(self, *, thorough: bool = False) -> dict[int, str]:
        """Which images cannot be decoded, and why; damage in the middle of one is seen only by the `thorough` look."""
        look = why_undecodable if thorough else why_broken
        found: dict[int, str] = {}
        with ThreadPoolExecutor() as pool:  # Pillow decodes without Python's lock
            for start in range(0, len(self), _BLOCK):
                block = range(start, min(start + _BLOCK, len(self)))
                reasons = zip(block, pool.map(partial(self._looked_at, look), block), strict=True)
                found |= {index: reason for index, reason in reasons if reason}
        return found

    def _looked_at(self, look: Callable[[BinaryIO], str], index: int) -> str:
        try:
            with self.open(index) as file:
                return look(file)
        except BrokenImageError as error:
            return error.reason

    def digest(self, index: int) -> bytes:
        """SHA-256 of the bytes of one image."""
        with self.open(index) as file:
            return hashlib.file_digest(file, "sha256").digest()  # type: ignore[arg-type]

    def update_digest(self, digest: hashlib._Hash) -> None:
        """Names and bytes of the images; nothing is decoded."""
        for index in range(len(self)):
            digest.update(f"{self.sample_id(index)}\0".encode(errors="surrogateescape"))  # as the system has the name
            digest.update(self.digest(index))


def stacked(images: list[NDArray[Any]]) -> Pixels:
    """One array `(B, H, W[, C])` of images of one shape and type; else the list itself."""
    same = len({(image.shape, image.dtype) for image in images}) == 1
    return np.stack(images) if same else images
