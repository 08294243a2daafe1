"""Images in files, decoded when they are read."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from bench.errors import BenchError

from .class_order import in_order
from .decode import BrokenImageError
from .encoded import EncodedImages
from .images import Labels

SUFFIXES = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"})
"""Names that end in one of these (in any case) are taken for images."""


class FileImages(EncodedImages):
    """The images `files`, paths relative to `folder` with `/`, in that order; decoded as `EncodedImages` says."""

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

    def open(self, index: int) -> BinaryIO:
        """The file. Raises `BrokenImageError` where there is none that can be read."""
        path = self.folder / self.files[index]
        try:
            return path.open("rb")
        except OSError as error:
            reason = "there is no such file" if isinstance(error, FileNotFoundError) else error.strerror or str(error)
            raise BrokenImageError(str(path), reason) from error

    def sample_id(self, index: int) -> str:
        """The path relative to the folder."""
        return self.files[index]

    def address(self, index: int) -> str:
        """The whole path."""
        return str(self.folder / self.files[index])

    def take(self, indices: NDArray[np.intp]) -> FileImages:
        """The files at `indices`, as if there were no others."""
        labels = None if self.labels is None else self.labels[indices]
        files = [self.files[index] for index in indices]
        return FileImages(self.folder, files, labels, classes=self.classes, note=self.note)


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

    When every image lies in one of two or more subfolders, these are the classes, in alphabetical order, or in that of
    their numbers where all are numbers; otherwise there are no labels.
    """
    files = find_images(folder)
    tops = [path.split("/")[0] if "/" in path else "" for path in files]
    classes = in_order(set(tops))
    if "" in classes or len(classes) < 2:
        return FileImages(folder, files, note=note)
    places = {name: place for place, name in enumerate(classes)}
    return FileImages(folder, files, np.array([places[top] for top in tops]), classes=classes, note=note)
