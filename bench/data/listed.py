"""Image files that a list names, by paths that count from a root folder."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from bench.errors import BenchError, MissingDataError
from bench.user_path import user_path

from .files import FileImages
from .images import Labels

_LOOKED_AT = 20
"""So many of the first files of a list are looked for, to find its root."""


def split_root(source: str) -> tuple[str, str | None]:
    """`FILE@ROOT` as a list's file and the root that is given; a file whose own name has an `@` is one that exists."""
    file, at, root = source.rpartition("@")
    return (source, None) if not at or Path(source).exists() else (file, root)


def locate_list(text: str, base: Path) -> str:
    """`FILE[@ROOT]` with both paths counting from the folder `base`."""
    whole = user_path(text, base)
    file, at, root = text.rpartition("@")
    if not at or whole.exists():
        return str(whole)
    return f"{user_path(file, base)}@{user_path(root, base)}"


def read_lines(path: Path) -> str:
    """The text of a list. Raises `BenchError` where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BenchError(f"Cannot read the list {path}: {error}.") from error


def checked_path(text: str, where: str) -> str:
    """A listed path, with `/`. Raises `BenchError` that says `where` for one that leads out of the root folder."""
    path = PurePosixPath(text.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or re.match("[A-Za-z]:", text) or "\0" in text or not path.parts:
        raise BenchError(f"{where} names '{text}', which leads out of the folder of the images. It is not read.")
    return path.as_posix()


def find_root(file: Path, paths: Sequence[str], subfolders: Sequence[str] = ()) -> Path:
    """The folder that listed paths count from: that of the list or one above it, or one of its `subfolders` there.

    Raises `MissingDataError` that says how to give it where the first files are in none of them.
    """
    above = [file.resolve().parent, *file.resolve().parent.parents][:5]
    candidates = [folder / name for folder in above for name in (".", *subfolders)]
    for folder in candidates:
        if any(_is_file(folder / path) for path in paths[:_LOOKED_AT]):
            return folder
    raise MissingDataError(
        f"The images that {file} lists, such as '{paths[0]}', were not found in {above[0]} or the folders above it"
        f"{' (or their subfolders ' + ', '.join(subfolders) + ')' if subfolders else ''}. Say which folder the paths "
        f'count from: {file}@FOLDER, or root = "FOLDER" in bench.toml.'
    )


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # longer than any file's name
        return False


def listed_images(
    file: Path, root: Path | None, paths: Sequence[str], labels: Labels | None, *, subfolders: Sequence[str] = ()
) -> FileImages:
    """The images at `paths`, which the list `file` names; `root` is found where it is None.

    A path that is listed twice counts twice, which the note says. Raises `BenchError` for an empty list or no root.
    """
    if not paths:
        raise BenchError(f"The list {file} names no images.")
    if root is not None and not root.is_dir():
        raise BenchError(f"There is no folder {root}, from which the paths in {file} are to count.")
    folder = find_root(file, paths, subfolders) if root is None else root
    again = len(paths) - len(set(paths))
    return FileImages(folder, paths, labels, note=f"{again:,} images are listed more than once" if again else "")
