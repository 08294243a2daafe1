"""Images in a NumPy archive."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.format import MAGIC_PREFIX
from numpy.typing import NDArray

from bench.errors import BenchError
from bench.npz_file import array_names, read_arrays

from .images import ArrayImages


def open_npz(path: Path, *, note: str = "") -> ArrayImages:
    """The images of a `.npz` file: its array `images` (or the only array) and, if there is one, its array `labels`.

    Images are `(N, H, W)` or `(N, H, W, C)` with 1, 3 or 4 channels, uint8, uint16 or floating point in [0, 1]; labels
    are `(N,)` whole numbers >= 0. Raises `BenchError` for anything else; pickled objects are refused, never loaded.
    """
    images, labels = _read(path)
    _check_images(images, path)
    if labels is not None:
        _check_labels(labels, len(images), path)
    return ArrayImages(_standard(images), labels, note=note)


def _read(path: Path) -> tuple[NDArray[Any], NDArray[Any] | None]:
    if not path.is_file():
        raise BenchError(f"There is no file {path}.")
    try:
        with path.open("rb") as file:
            if file.read(len(MAGIC_PREFIX)) == MAGIC_PREFIX:
                raise BenchError(f"{path} is a single array, not a .npz archive. Save it with numpy.savez(images=...).")
            names = array_names(file)
            if len(names) != 1 and "images" not in names:
                raise BenchError(f"{path} has the arrays {', '.join(names)}: call the one with the images 'images'.")
            found = read_arrays(file, names if len(names) == 1 else ("images", "labels"))
    except (ValueError, OSError) as error:
        raise BenchError(f"Cannot read {path} as a .npz archive: {error}. Save it with numpy.savez.") from error
    return found.pop(names[0] if len(names) == 1 else "images"), found.get("labels")


def _check_images(images: NDArray[Any], path: Path) -> None:
    shaped = images.ndim == 3 or (images.ndim == 4 and images.shape[3] in {1, 3, 4})
    if not shaped or 0 in images.shape[1:]:
        raise BenchError(
            f"The images in {path} have the shape {images.shape}, but must be (N, H, W) or (N, H, W, C) with 1, 3 or 4 "
            f"channels last.{_channels_first(images)}"
        )
    if len(images) == 0:
        raise BenchError(f"{path} holds no images.")
    if images.dtype.kind == "f":
        if not (images.min() >= 0 and images.max() <= 1):
            raise BenchError(f"The images in {path} are floating point and must lie in [0, 1]. Divide them by 255?")
    elif images.dtype.kind != "u" or images.dtype.itemsize > 2:
        raise BenchError(
            f"The images in {path} are of type {images.dtype}, but must be uint8, uint16 or float in [0, 1]."
        )


def _channels_first(images: NDArray[Any]) -> str:
    first = images.ndim == 4 and images.shape[1] in {1, 3, 4}
    return " They look channels-first: save images.transpose(0, 2, 3, 1)." if first else ""


def _check_labels(labels: NDArray[Any], count: int, path: Path) -> None:
    if labels.shape != (count,) or labels.dtype.kind not in "iu" or labels.min() < 0 or labels.max() >= 2**63:
        raise BenchError(
            f"The labels in {path} must be {count} whole numbers >= 0, one per image, but have the shape "
            f"{labels.shape} and the type {labels.dtype}."
        )


def _standard(images: NDArray[Any]) -> NDArray[Any]:
    """In this machine's byte order, floating point as float32."""
    if images.dtype.kind == "f":
        return images.astype(np.float32, copy=False)
    return images.astype(images.dtype.newbyteorder("="), copy=False)
