"""What a piece of code reads while it is watched: data sets of any kind, and files."""

from __future__ import annotations

import os
import site
import sys
import sysconfig
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any

_CODE = {".py", ".pyc", ".so", ".pyd", ".dll", ".dylib"}
_WATCHES: list[list[tuple[str, float]]] = []
"""The opened files of each watch that is on."""


@contextmanager
def watched_reads(*loaders: type) -> Iterator[list[str]]:
    """A block after which the list says what was read in it: each `load` of one of the `loaders`, each file.

    Files that the block itself wrote do not count, nor do those of Python, of installed libraries and of the system.
    """
    reads: list[str] = []
    opened: list[tuple[str, float]] = []
    started, former = time.time(), sys.getprofile()

    def notice(frame: FrameType, event: str, _: Any) -> None:
        if event == "call" and frame.f_code.co_name == "load":
            owner = frame.f_locals.get("self")
            if isinstance(owner, loaders):
                reads.append(f"the data set '{getattr(owner, 'name', type(owner).__name__)}' was loaded")

    _listen()
    _WATCHES.append(opened)
    sys.setprofile(notice)
    try:
        yield reads
    finally:
        sys.setprofile(former)
        _WATCHES.remove(opened)
        files = dict.fromkeys(path for path, changed in opened if changed < started and _is_data(path))
        reads[:] = [*dict.fromkeys(reads), *(f"the file {path} was read" for path in files)]


@cache
def _listen() -> None:
    """Hear of opened files from now on; Python cannot be told to stop, but without a watch nothing is done."""
    sys.addaudithook(_hear)


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    if event != "open" or not _WATCHES:
        return
    path, mode, flags = arguments
    if not isinstance(path, str | bytes | os.PathLike):
        return
    reading = "r" in mode if mode else not flags & (os.O_WRONLY | os.O_RDWR)
    place = os.path.realpath(os.fsdecode(path))
    if reading and os.path.isfile(place):  # noqa: PTH113 - as cheap as it can be
        _WATCHES[-1].append((place, os.stat(place).st_mtime))  # noqa: PTH116


def _is_data(path: str) -> bool:
    return Path(path).suffix not in _CODE and not any(path.startswith(folder) for folder in _installed())


@cache
def _installed() -> tuple[str, ...]:
    folders = {sys.prefix, sys.base_prefix, *sysconfig.get_paths().values(), *site.getsitepackages()}
    own = str(Path(__file__).resolve().parents[1])
    return tuple(os.path.join(os.path.realpath(one), "") for one in {*folders, own, "/proc", "/sys", "/dev"})  # noqa: PTH118
