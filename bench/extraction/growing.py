"""Arrays on disk that grow row by row, and appear under their name when they are whole.

A folder that is being made is called `NAME.….partial`, belongs to one process, and says in `progress.json` whose it is
and how many rows are safely in. Whoever holds the lease of the name goes on from the fullest that is there: in place
where its process has let go of it or ended, else, since that may only be asleep, from a copy. Whoever is ready first
gives its folder the name.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from bench.atomic import write_json
from bench.disk import disk_error
from bench.errors import BenchError
from bench.json_text import parse_json
from bench.leases import Lease, Owner

from .sound import seal_folder
from .took import this_process

FLUSH_SECONDS = 10.0
"""Seconds after which what was written is flushed to disk, so that a crash loses the work of no more."""

FACTS = "facts.json"
_PROGRESS = "progress.json"
_ELSEWHERE = "choose another folder with BENCH_CACHE"


def lease_path(folder: Path) -> Path:
    """Where the lease of a folder that is to be made lies."""
    return folder.with_name(f"{folder.name}.lease")


@dataclass(frozen=True)
class _Begun:
    """What a folder that is not whole says of itself; `owner` is None where its process has let go of it."""

    done: int
    seconds: dict[str, float]
    run: str
    owner: Owner | None


class GrowingFolder:
    """`.npy` files of `total` rows each, in a folder that is to be called `folder`.

    With the `lease` of that folder it goes on from what is there; without, it begins anew, beside any other process.
    """

    def __init__(self, folder: Path, total: int, lease: Lease | None = None) -> None:
        self.folder, self.total = folder, total
        self._owner = lease.owner if lease is not None else Owner.new()
        self.partial = folder.with_name(f"{folder.name}.{self._owner.nonce}.partial")
        try:
            begun = self._go_on() if lease is not None else None
            if begun is None:
                self.partial.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise disk_error(f"Cannot write {self.partial}", error, _ELSEWHERE) from error
        self.done, self.seconds, self.run = (begun.done, begun.seconds, begun.run) if begun else (0, {}, this_process())
        self._safe, self._flushed = self.done, time.monotonic()
        self._files: dict[str, BinaryIO] = {}
        self._held = True

    def _go_on(self) -> _Begun | None:
        """Take the fullest folder that others have begun, or a copy of it; None where there is none."""
        found = {path: begun for path in _partials(self.folder) if (begun := _begun(path)) is not None}
        if not found:
            return None
        fullest = max(found, key=lambda path: found[path].done)
        begun = found[fullest]
        if begun.owner is None or begun.owner.has_ended():
            fullest.rename(self.partial)
        else:
            shutil.copytree(fullest, self.partial)
        return begun

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
            if not self.folder.is_dir():  # else another process was quicker, and has tidied up
                raise self._failed(error) from error

    def finish(self) -> None:
        """Give the whole folder its name. Raises `BenchError` if that fails."""
        try:
            self._flush()
            self._close_files()
            seal_folder(self.partial, FACTS, {"rows": self.total, "seconds": self.seconds, "run": self.run})
            (self.partial / _PROGRESS).unlink(missing_ok=True)
            self.partial.rename(self.folder)
        except OSError as error:
            if not self.folder.is_dir():  # another process may have been quicker
                raise self._failed(error) from error
        for partial in _partials(self.folder):
            shutil.rmtree(partial, ignore_errors=True)

    def close(self) -> None:
        """Let go of the files; the rows that are in stay for the next try, also after an error or Ctrl-C."""
        with contextlib.suppress(OSError, BenchError):  # a full disk has been told of by then
            if self._held and self.partial.is_dir():
                self._held = False
                self._flush()
        self._close_files()

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
        owner = self._owner.to_dict() if self._held else None
        progress = {"done": self.done, "seconds": self.seconds, "run": self.run, "owner": owner}
        write_json(self.partial / _PROGRESS, progress)
        self._safe, self._flushed = self.done, time.monotonic()

    def _failed(self, error: OSError) -> BenchError:
        return disk_error(f"Cannot write below {self.folder.parent}", error, _ELSEWHERE)


def _partials(folder: Path) -> Iterator[Path]:
    """What processes have begun that is to be called `folder`."""
    return folder.parent.glob(f"{folder.name}.*partial")


def _begun(partial: Path) -> _Begun | None:
    """What a folder says of itself; None where nothing was flushed to it yet."""
    try:
        found = parse_json((partial / _PROGRESS).read_text(encoding="utf-8"))
        owner = None if found.get("owner") is None else Owner.from_dict(found["owner"])
        return _Begun(int(found["done"]), dict(found["seconds"]), str(found.get("run")), owner)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _header(array: NDArray[Any], total: int) -> bytes:
    described = {"descr": npy.dtype_to_descr(array.dtype), "fortran_order": False, "shape": (total, *array.shape[1:])}
    memory = BytesIO()
    npy.write_array_header_1_0(memory, described)
    return memory.getvalue()
