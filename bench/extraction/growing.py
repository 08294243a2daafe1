"""Arrays on disk that grow row by row, and appear under their name when they are whole.

A folder that is being made is called `NAME.partial` and says in `progress.json` how many rows are safely in. A pass
that was interrupted goes on from there. While one process holds its lock, which ends with the process, another that
makes the same works in a folder of its own; whoever is ready first gives it its name.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import time
import uuid
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from bench.atomic import write_json
from bench.disk import disk_error
from bench.errors import BenchError

from .took import RUN

FLUSH_SECONDS = 10.0
"""Seconds after which what was written is flushed to disk, so that a crash loses the work of no more."""

FACTS = "facts.json"
_PROGRESS, _LOCK = "progress.json", "lock"
_ELSEWHERE = "choose another folder with BENCH_CACHE"


class GrowingFolder:
    """`.npy` files of `total` rows each, in a folder that is to be called `folder`."""

    def __init__(self, folder: Path, total: int) -> None:
        self.folder, self.total = folder, total
        self.partial = folder.with_name(f"{folder.name}.partial")
        self._lock = _lock(self.partial)
        if self._lock is None:
            self.partial = folder.with_name(f"{folder.name}.{uuid.uuid4().hex}.partial")
            self.partial.mkdir()
        self.done, self.seconds, self.run = self._progress()
        self._safe, self._flushed = self.done, time.monotonic()
        self._files: dict[str, BinaryIO] = {}

    def _progress(self) -> tuple[int, dict[str, float], str]:
        """The rows that are safely in, the seconds that they took, and the run that began them."""
        try:
            found = json.loads((self.partial / _PROGRESS).read_text(encoding="utf-8"))
            return int(found["done"]), dict(found["seconds"]), str(found.get("run"))
        except (OSError, ValueError, KeyError, TypeError):
            return 0, {}, RUN

    def append(self, done: int, arrays: Mapping[str, NDArray[Any]], seconds: Mapping[str, float]) -> None:
        """Rows up to `done`, those before which this folder has already are left out. Raises `BenchError` if it fails.

        `seconds` are added up under their names.
        """
        fresh = done - self.done
        if fresh <= 0:
            return
        try:
            for name, array in arrays.items():
                self._file(name, array).write(np.ascontiguousarray(array[-fresh:]).data)
            self.seconds = {name: self.seconds.get(name, 0.0) + value for name, value in seconds.items()}
            self.done = done
            if time.monotonic() - self._flushed >= FLUSH_SECONDS:
                self._flush()
        except OSError as error:
            raise self._failed(error) from error

    def finish(self) -> None:
        """Give the whole folder its name. Raises `BenchError` if that fails."""
        try:
            self._flush()
            self._close_files()
            write_json(self.partial / FACTS, {"rows": self.total, "seconds": self.seconds, "run": self.run})
            (self.partial / _PROGRESS).unlink(missing_ok=True)
            self.partial.rename(self.folder)
        except OSError as error:
            if not self.folder.is_dir():  # another process may have been quicker
                raise self._failed(error) from error
            shutil.rmtree(self.partial, ignore_errors=True)

    def close(self) -> None:
        """Let go of files and lock; the rows that are in stay for the next try, also after an error or Ctrl-C."""
        with contextlib.suppress(OSError, BenchError):  # a full disk has been told of by then
            if self.done > self._safe:
                self._flush()
        self._close_files()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _close_files(self) -> None:
        for file in self._files.values():
            with contextlib.suppress(OSError):  # as in close
                file.close()
        self._files = {}

    def _file(self, name: str, array: NDArray[Any]) -> BinaryIO:
        """The open file of that name, cut off behind the rows that are safely in."""
        if name not in self._files:
            path = self.partial / f"{name}.npy"
            header = _header(array, self.total)
            file = path.open("r+b" if self.done and path.exists() else "w+b")
            self._files[name] = file
            file.write(header)
            file.seek(len(header) + self.done * array[0].nbytes)
            file.truncate()
        return self._files[name]

    def _flush(self) -> None:
        for file in self._files.values():
            file.flush()
            os.fsync(file.fileno())
        write_json(self.partial / _PROGRESS, {"done": self.done, "seconds": self.seconds, "run": self.run})
        self._safe, self._flushed = self.done, time.monotonic()

    def _failed(self, error: OSError) -> BenchError:
        return disk_error(f"Cannot write below {self.folder.parent}", error, _ELSEWHERE)


def _lock(folder: Path) -> int | None:
    """A descriptor that holds the folder, which is made, until it is closed; None where another process holds it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT)
    except OSError as error:
        raise disk_error(f"Cannot write {folder}", error, _ELSEWHERE) from error
    with contextlib.suppress(ImportError, OSError):
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(descriptor).st_ino == (folder / _LOCK).stat().st_ino:  # else it was finished in between
            return descriptor
    os.close(descriptor)
    return None


def _header(array: NDArray[Any], total: int) -> bytes:
    described = {"descr": npy.dtype_to_descr(array.dtype), "fortran_order": False, "shape": (total, *array.shape[1:])}
    memory = BytesIO()
    npy.write_array_header_1_0(memory, described)
    return memory.getvalue()
