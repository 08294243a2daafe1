"""Images in files, decoded when they are read."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from bench.errors import BenchError

from .images import Images, Labels, Pixels

SUFFIXES = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"})
"""Names that end in one of these (in any case) are taken for images."""


class FileImages(Images):
    """The images `files`, paths relative to `folder` with `/`, in that order.

    They are turned upright as their EXIF data say. Grey ones come as `(H, W)`, all others as `(H, W, 3)`; palettes are
    resolved and alpha is dropped; 16-bit grey stays uint16. Of an animation the first frame counts.
    """

    def __init__(
        self,
        folder: Path,
        files: Sequence[str],
        labels: Labels | None = None,
        *,
        classes: Sequence[str] = (),
        note: str = "",
    ) -> None:
        self.folder, self.files = folder, tuple(files)
        self.labels, self.classes, self.note = labels, tuple(classes), note

    def __len__(self) -> int:
        return len(self.files)

    def read(self, indices: NDArray[np.intp]) -> Pixels:
        """The decoded images: one array when they have one shape and type, else a list."""
        images = [decode(self.folder / self.files[index]) for index in indices]
        same = len({(image.shape, image.dtype) for image in images}) == 1
        return np.stack(images) if same else images

    def sample_id(self, index: int) -> str:
        """The path relative to the folder."""
        return self.files[index]

    def update_digest(self, digest: hashlib._Hash) -> None:
        """Names and bytes of the files; nothing is decoded."""
        for name in self.files:
            digest.update(f"{name}\0".encode())
            digest.update(hashlib.sha256(_bytes(self.folder / name)).digest())


def decode(path: Path) -> NDArray[Any]:
    """One image file as uint8 or uint16 `(H, W)`, uint8 `(H, W, 3)`, or float32 `(H, W)` in [0, 1].

    Raises `BenchError` naming the file when it cannot be read or its values have no known range.
    """
    try:
        with Image.open(path) as image:
            return _pixels(ImageOps.exif_transpose(image), path)
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as error:
        raise BenchError(f"Cannot read the image {path}: {error}. Remove or replace that file.") from error


def _pixels(image: Image.Image, path: Path) -> NDArray[Any]:
    if image.mode.startswith("I"):
        return _integers(np.asarray(image), path)
    if image.mode == "F":
        values = np.asarray(image)
        if not (values.min() >= 0 and values.max() <= 1):
            raise BenchError(f"The image {path} has floating-point values outside [0, 1]. Rescale or convert it.")
        return values
    return np.asarray(image.convert("L" if image.mode in {"1", "L", "LA", "La"} else "RGB"))


def _integers(values: NDArray[Any], path: Path) -> NDArray[np.uint16]:
    if values.min() < 0 or values.max() > 65535:
        raise BenchError(f"The image {path} has values outside 0..65535. Convert it to 8 or 16 bits.")
    return values.astype(np.uint16)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BenchError(f"Cannot read the image {path}: {error.strerror}. Remove or replace that file.") from error


def find_images(folder: Path) -> list[str]:
    """Paths of all images below `folder`, relative to it with `/`, sorted as ImageFolder does, hidden ones left out.

    Symbolic links are followed, each real folder once. Raises `BenchError` when there is no such folder or no image.
    """
    if not folder.is_dir():
        raise BenchError(f"There is no folder {folder}." if not folder.exists() else f"{folder} is not a folder.")
    found: list[str] = []
    seen: set[str] = set()
    for parent, folders, names in os.walk(folder, followlinks=True):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and _first_visit(parent, name, seen))
        inside = Path(parent).relative_to(folder)
        found += [(inside / name).as_posix() for name in names if _is_image(name)]
    if not found:
        raise BenchError(f"There is no image below {folder}. Looked for names ending in {', '.join(sorted(SUFFIXES))}.")
    return sorted(found, key=lambda path: path.split("/"))


def _first_visit(parent: str, name: str, seen: set[str]) -> bool:
    real = os.path.realpath(f"{parent}/{name}")
    new = real not in seen
    seen.add(real)
    return new


def _is_image(name: str) -> bool:
    return not name.startswith(".") and Path(name).suffix.lower() in SUFFIXES


def open_folder(folder: Path, *, note: str = "") -> FileImages:
    """All images below `folder`.

    When every image lies in one of two or more subfolders, these are the classes, in alphabetical order; otherwise
    there are no labels.
    """
    files = find_images(folder)
    tops = [path.split("/")[0] if "/" in path else "" for path in files]
    classes = sorted(set(tops))
    if "" in classes or len(classes) < 2:
        return FileImages(folder, files, note=note)
    places = {name: place for place, name in enumerate(classes)}
    return FileImages(folder, files, np.array([places[top] for top in tops]), classes=classes, note=note)
