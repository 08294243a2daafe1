"""Images as every data set hands them out: a sequence that is read in batches, with labels and an identity."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .fingerprint import Fingerprints, fingerprints
from .lineage import Lineage

Pixels = NDArray[Any] | list[NDArray[Any]]
"""A batch: one array `(B, H, W)` or `(B, H, W, C)` when all images have one shape, else a list of `(H, W[, C])`.
Values are uint8 in 0..255, uint16 in 0..65535 or float in [0, 1]; C is 1 (grey), 3 (RGB) or 4 (RGB and alpha)."""

Labels = NDArray[np.int64]


class Images(ABC):
    """N images in a fixed order.

    `labels` holds class indices `(N,)` or is None; `classes` names them where known; `note` says what a reader of a
    table must know of these images (for example that they were derived), or is empty. `held_out` are images of the
    same set that its authors keep for tuning and that are not among these; None where there are none.
    """

    labels: Labels | None = None
    classes: tuple[str, ...] = ()
    note: str = ""
    held_out: Images | None = None

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def read(self, indices: NDArray[np.intp]) -> Pixels:
        """The images at `indices` `(B,)`, in that order."""

    def sample_id(self, index: int) -> str:
        """A name for one image that a person can find it by; its index unless the images are files."""
        return str(index)

    def broken(self, *, thorough: bool = False) -> dict[int, str]:
        """Which images cannot be read, by their places, and why; `thorough` looks at every byte of each.

        Pixels that are held already can always be read.
        """
        del thorough
        return {}

    def take(self, indices: NDArray[np.intp]) -> Images:
        """The images at `indices`, in that order."""
        return SubsetImages(self, indices)

    def lineages(self) -> Iterator[Lineage]:
        """Where the images come from, one for each set that some of them were read from."""
        yield Lineage.of(self)

    @cached_property
    def fingerprints(self) -> Fingerprints:
        """A number for each image `(N,)` that is the same for the same pixels, in whatever set."""
        return fingerprints(self)

    @cached_property
    def identity(self) -> str:
        """SHA-256 of what the images and labels are: equal identities give equal results."""
        digest = hashlib.sha256()
        self.update_digest(digest)
        if self.labels is not None:
            digest.update(np.ascontiguousarray(self.labels, dtype=np.int64).data)
        return digest.hexdigest()

    def update_digest(self, digest: hashlib._Hash) -> None:
        """Feed the pixels to `digest`; overridden where there is something cheaper that says the same."""
        for start in range(0, len(self), 1024):
            pixels = self.read(np.arange(start, min(start + 1024, len(self))))
            for image in pixels if isinstance(pixels, list) else [pixels]:
                digest.update(repr((image.shape, image.dtype.str)).encode())
                digest.update(np.ascontiguousarray(image).data)


class ArrayImages(Images):
    """Images held in one array `(N, H, W)` or `(N, H, W, C)`; it may be memory-mapped."""

    def __init__(
        self, pixels: NDArray[Any], labels: NDArray[Any] | None = None, *, classes: Sequence[str] = (), note: str = ""
    ) -> None:
        self.pixels = pixels
        self.labels = None if labels is None else np.asarray(labels, dtype=np.int64)
        self.classes, self.note = tuple(classes), note

    def __len__(self) -> int:
        return len(self.pixels)

    def read(self, indices: NDArray[np.intp]) -> Pixels:
        """The images at `indices`; a contiguous run is returned as a view."""
        if len(indices) and np.array_equal(indices, np.arange(indices[0], indices[0] + len(indices))):
            return self.pixels[indices[0] : indices[0] + len(indices)]
        return self.pixels[indices]


class SubsetImages(Images):
    """Some of another set's images, in the order of `indices`; labels go along, or are replaced by `labels`."""

    def __init__(
        self, parent: Images, indices: NDArray[np.intp], *, labels: Labels | None = None, classes: Sequence[str] = ()
    ) -> None:
        self.parent, self.indices = parent, indices
        self.labels = labels if labels is not None or parent.labels is None else parent.labels[indices]
        self.classes, self.note = tuple(classes) or parent.classes, parent.note

    def __len__(self) -> int:
        return len(self.indices)

    def read(self, indices: NDArray[np.intp]) -> Pixels:
        """The parent's images at the chosen places."""
        return self.parent.read(self.indices[indices])

    def sample_id(self, index: int) -> str:
        """The parent's name of the image."""
        return self.parent.sample_id(int(self.indices[index]))

    def broken(self, *, thorough: bool = False) -> dict[int, str]:
        """The parent's, of the images chosen."""
        found = self.parent.broken(thorough=thorough)
        return {place: found[index] for place, index in enumerate(self.indices.tolist()) if index in found}

    def lineages(self) -> Iterator[Lineage]:
        """The parent's, of the images chosen."""
        yield from (one.take(self.indices) for one in self.parent.lineages())

    def update_digest(self, digest: hashlib._Hash) -> None:
        """The parent's identity and the chosen places."""
        digest.update(self.parent.identity.encode())
        digest.update(np.ascontiguousarray(self.indices, dtype=np.int64).data)


class PooledImages(Images):
    """Several sets one after another, without labels."""

    def __init__(self, parts: Sequence[Images], *, note: str = "") -> None:
        self.parts = tuple(parts)
        self.offsets = np.cumsum([0, *(len(part) for part in parts)])
        self.note = note or "; ".join(dict.fromkeys(part.note for part in parts if part.note))

    def __len__(self) -> int:
        return int(self.offsets[-1])

    def _locate(self, index: int) -> tuple[Images, int]:
        part = int(np.searchsorted(self.offsets, index, side="right")) - 1
        return self.parts[part], index - int(self.offsets[part])

    def read(self, indices: NDArray[np.intp]) -> Pixels:
        """The images at `indices`, wherever they come from."""
        images: list[NDArray[Any]] = []
        for index in indices:
            part, place = self._locate(int(index))
            images.extend(part.read(np.array([place])))
        same = len({(image.shape, image.dtype) for image in images}) == 1
        return np.stack(images) if same else images

    def sample_id(self, index: int) -> str:
        """The part's name of the image."""
        part, place = self._locate(index)
        return part.sample_id(place)

    def broken(self, *, thorough: bool = False) -> dict[int, str]:
        """Those of all parts."""
        starts = zip(self.parts, self.offsets.tolist(), strict=False)
        return {
            start + place: reason for part, start in starts for place, reason in part.broken(thorough=thorough).items()
        }

    def lineages(self) -> Iterator[Lineage]:
        """Those of all parts."""
        for part, start, stop in zip(self.parts, self.offsets[:-1], self.offsets[1:], strict=True):
            yield from (one.between(int(start), len(self) - int(stop)) for one in part.lineages())

    def update_digest(self, digest: hashlib._Hash) -> None:
        """The parts' identities."""
        for part in self.parts:
            digest.update(part.identity.encode())
