"""Files, and folders of files, that appear whole or not at all.

Written under a temporary name in the same folder, flushed to disk, renamed over the target, and the folder flushed. A
crash at any moment leaves the old content or the new one. A network file system may fail a rename once, or do it and
lose the answer: it is looked at and tried again. Not protected against: a disk that lies about flushing, and two
writers of one path (the later rename wins, whole).
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.address import is_address
from bench.disk import disk_error
from bench.errors import BenchError
from bench.temporary import temporary_path

_PASSING = {errno.ESTALE, errno.EIO, errno.ETIMEDOUT, errno.EBUSY, errno.EAGAIN}
"""Errors of a rename that may be gone a moment later."""

_PAUSES = (0.05, 0.5)
"""Seconds before the second and third try."""


def write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a temporary file, then put it in the place of `path`. Raises `BenchError` when that fails."""
    temporary = temporary_path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(temporary)
        _flush(temporary)
        _replace(temporary, path)
        _flush(path.parent)
    except OSError as error:
        raise disk_error(f"Cannot write {path}", error) from error
    finally:
        with contextlib.suppress(OSError):  # the error that matters is the one on its way
            temporary.unlink(missing_ok=True)


def write_folder_atomically(folder: Path, fill: Callable[[Path], object]) -> None:
    """Let `fill` put files into a temporary folder, then give it the name `folder`, unless that is taken by then.

    Raises `BenchError` when that fails.
    """
    temporary = temporary_path(folder)
    try:
        temporary.mkdir(parents=True)
        fill(temporary)
        for path in (*temporary.iterdir(), temporary):
            _flush(path)
        temporary.rename(folder)
        _flush(folder.parent)
    except OSError as error:
        if not folder.is_dir():  # another process may have been quicker
            raise disk_error(f"Cannot write {folder}", error) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def require_writable(folder: Path) -> None:
    """Make `folder` and write a file into it, which is removed again. Raises `BenchError` when that fails."""
    if is_address(folder):
        raise BenchError(f"{folder} is an address, and this command does not take an address. Choose a folder.")
    probe = temporary_path(folder / "probe")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.touch()
    except OSError as error:
        reason = "it is a file, not a folder" if folder.is_file() else error.strerror or error
        raise BenchError(f"Cannot write to {folder}: {reason}. Choose another folder.") from error
    finally:
        with contextlib.suppress(OSError):  # the error that matters is the one on its way
            probe.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8, atomically."""
    write_atomically(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def write_json(path: Path, data: Any) -> None:
    """Write `data` as indented JSON, atomically; NaN and infinity are refused, since JSON has none."""
    write_text(path, json.dumps(data, indent=1, allow_nan=False) + "\n")


def _replace(temporary: Path, path: Path) -> None:
    inode = temporary.stat().st_ino
    for pause in (*_PAUSES, None):
        try:
            temporary.replace(path)
            return
        except OSError as error:
            if not temporary.exists() and _has_inode(path, inode):  # it was done, and the answer was lost
                return
            if pause is None or error.errno not in _PASSING:
                raise
            time.sleep(pause)


def _has_inode(path: Path, inode: int) -> bool:
    try:
        return path.stat().st_ino == inode
    except OSError:
        return False


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
