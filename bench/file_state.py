"""The state of files and folders, which shows that something in them has changed without anything being read."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

_LEFT_OUT = "__pycache__"
"""Folders of this name hold what Python makes of the files beside them."""


@dataclass(frozen=True)
class FileState:
    """`digest` is of the names, sizes, numbers (inodes) and times of all files; 64 hexadecimal digits.

    `changed` is when the last of them was changed, in nanoseconds, 0 without files: the time that only the system sets,
    not the one that copying and unpacking may set back.
    """

    digest: str
    changed: int


def state_of(paths: Iterable[Path]) -> FileState:
    """The state of the files at `paths` and of all below them; that something is not there is part of it.

    Links are followed, each folder once. Raises `OSError` for what cannot be looked at.
    """
    digest, changed = sha256(), 0
    for path in paths:
        for name, status in _walk(os.path.abspath(path), set()):  # noqa: PTH100 - links stay as they are called
            told: tuple[int, ...] = ()
            if status is not None:
                told = (status.st_size, status.st_ino, status.st_mtime_ns, status.st_ctime_ns)
                changed = max(changed, status.st_ctime_ns)
            digest.update(f"{name}\0{told}\0".encode(errors="surrogateescape"))
    return FileState(digest.hexdigest(), changed)


def _walk(path: str, seen: set[tuple[int, int]]) -> Iterator[tuple[str, os.stat_result | None]]:
    """What is at and below `path`, in the order of names; folders, and what is missing, have no status."""
    try:
        status = os.stat(path)  # noqa: PTH116 - quicker, and there may be many
    except (FileNotFoundError, NotADirectoryError):
        yield f"{path} is missing", None
        return
    if not stat.S_ISDIR(status.st_mode):
        yield path, status
        return
    yield f"{path}/", None
    if (status.st_dev, status.st_ino) in seen:
        return
    seen.add((status.st_dev, status.st_ino))
    for name in sorted(os.listdir(path)):  # noqa: PTH208 - as above
        if name != _LEFT_OUT:
            yield from _walk(f"{path}/{name}", seen)
