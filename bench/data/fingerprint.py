"""What tells one picture from another: a number for each image, made of its pixels alone."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bench.atomic import write_atomically
from bench.cache import cache_root

if TYPE_CHECKING:
    from .images import Images

Fingerprints = NDArray[np.uint64]

BLOCK = 256
"""How many images are read at a time."""


def fingerprints(images: Images) -> Fingerprints:
    """A fingerprint for each image `(N,)`, kept on disk by the set's identity, since reading files is slow.

    Eight bytes are enough: that one of 50,000 test images has by chance that of one of a million others is less
    likely than one in a hundred million.
    """
    path = cache_root() / "fingerprints" / f"{images.identity}.npy"
    known = _kept(path)
    if known is None or len(known) != len(images):
        known = _computed(images)
        write_atomically(path, lambda temporary: _write(temporary, known))
    return known


def _computed(images: Images) -> Fingerprints:
    found = np.empty(len(images), np.uint64)
    for start in range(0, len(images), BLOCK):
        places = np.arange(start, min(start + BLOCK, len(images)))
        found[places] = [fingerprint(image) for image in images.read(places)]
    return found


def fingerprint(image: NDArray[Any]) -> int:
    """A hash of one image's shape and pixels, however they are stored: `(H, W[, C])`.

    Grey pixels count as those of three equal channels, 8-bit pixels as the same in 16 bits or as floating point, and
    alpha counts for nothing, as where images are shown to a network.
    """
    pixels = _eight_bit(_without_spare_channels(image))
    digest = hashlib.blake2b(repr((pixels.shape, pixels.dtype.str)).encode(), digest_size=8)
    digest.update(np.ascontiguousarray(pixels).data)
    return int.from_bytes(digest.digest(), "little")


def _without_spare_channels(image: NDArray[Any]) -> NDArray[Any]:
    """`(H, W)` for an image that is grey, `(H, W, 3)` for any other."""
    if image.ndim == 2:
        return image
    red = image[..., 0]
    grey = image.shape[-1] == 1 or all(np.array_equal(red, image[..., one]) for one in (1, 2))
    return red if grey else image[..., :3]


def _eight_bit(image: NDArray[Any]) -> NDArray[Any]:
    """The image in uint8 if it has no more to say than that, else as it is, or float32."""
    if image.dtype == np.uint8:
        return image
    scaled = image / np.float32(257) if image.dtype.kind == "u" else image * np.float32(255)
    rounded = np.rint(scaled)
    if np.abs(scaled - rounded).max(initial=0) < 1e-3:
        return rounded.astype(np.uint8)
    return image if image.dtype.kind == "u" else image.astype(np.float32)


def _kept(path: Path) -> Fingerprints | None:
    try:
        found: Fingerprints = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):  # absent, or damaged: then they are computed once more
        return None
    return found


def _write(path: Path, known: Fingerprints) -> None:
    with path.open("wb") as file:
        np.save(file, known)
