"""The objects below an address: the one place that talks to an object store, by fsspec."""

from __future__ import annotations

import datetime
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from bench.address import Address
from bench.errors import BenchError
from bench.optional import optional_module

T = TypeVar("T")

_LIBRARIES = {"s3": ("s3fs", "s3"), "s3a": ("s3fs", "s3"), "gs": ("gcsfs", "gcs"), "gcs": ("gcsfs", "gcs")}
"""The library of a scheme, and the extra that brings it."""

_AT_ONCE = 64
"""How many small objects are read together."""


class RemoteError(BenchError):
    """An object store that cannot be read or written; `reason` is what its library says."""

    def __init__(self, doing: str, address: object, reason: str) -> None:
        self.reason = reason
        super().__init__(
            f"Cannot {doing} {address}: {reason}. Check the address, the network, and the credentials that this "
            "machine has for it."
        )


@dataclass(frozen=True)
class Entry:
    """The size of an object in bytes, and when it was written: seconds by the store's clock, 0 if it does not tell."""

    size: int
    changed: float


class Bucket:
    """The objects below an address, by names that count from there. An object appears whole or not at all.

    All that can fail raises `RemoteError`. Raises `BenchError` where the library for such addresses is missing.
    """

    def __init__(self, address: Address) -> None:
        self.address = address
        self._store = _file_system(address)

    def entries(self, below: str = "") -> dict[str, Entry]:
        """What there is, by name; empty also where nothing was ever written."""
        root = f"{self.address.path}/"
        with self._errors("list", below):
            self._store.invalidate_cache()
            found: Mapping[str, Mapping[str, Any]] = self._store.find(self._path(below).rstrip("/"), detail=True)
        names = {path.lstrip("/").removeprefix(root): one for path, one in found.items()}
        return {name: Entry(int(one.get("size") or 0), _changed(one)) for name, one in names.items()}

    def read(self, name: str) -> bytes | None:
        """An object's content; None where it is not there."""
        with self._errors("read", name):
            try:
                content: bytes = self._store.cat_file(self._path(name))
                return content
            except FileNotFoundError:
                return None

    def read_many(self, names: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        """The contents of small objects, several at a time; those that vanished meanwhile are left out."""
        for some in _chunks(names):
            paths = {self._path(name): name for name in some}
            with self._errors("read", some[0]):
                found = self._store.cat(list(paths), on_error="return")
                for content in found.values():
                    if isinstance(content, Exception) and not isinstance(content, FileNotFoundError):
                        raise content
            by_path = {path.lstrip("/"): content for path, content in found.items()}
            yield from ((name, by_path[path]) for path, name in paths.items() if isinstance(by_path.get(path), bytes))

    def write(self, name: str, content: bytes) -> None:
        """Put an object, in the place of one of the same name."""
        with self._errors("write", name):
            self._store.pipe_file(self._path(name), content)

    def create(self, name: str, content: bytes) -> bool:
        """Put an object unless there is one of that name: of several that try at once, one gets True."""
        with self._errors("write", name):
            try:
                self._store.pipe_file(self._path(name), content, mode="create")
                return True
            except FileExistsError:
                return False

    def excludes(self) -> bool:
        """Whether `create` does what it says: some stores take every write."""
        name = f"leases/.tried-{uuid.uuid4().hex}"
        tried = [self.create(name, b"") for _ in range(2)]
        self.remove(name)
        return tried == [True, False]

    def download(self, name: str, path: Path) -> None:
        """Read an object of any size into a file."""
        with self._errors("read", name):
            self._store.get_file(self._path(name), str(path))

    def upload(self, files: Mapping[str, Path]) -> None:
        """Put files of any size, by the names of their objects."""
        for some in _chunks(list(files.items())):
            with self._errors("write", some[0][0]):
                self._store.put([str(path) for _, path in some], [self._path(name) for name, _ in some])

    def remove(self, name: str) -> None:
        """Remove an object, if it is there."""
        with self._errors("remove", name):
            try:
                self._store.rm_file(self._path(name))
            except FileNotFoundError:
                return

    def _path(self, name: str) -> str:
        return f"{self.address.path}/{name}"

    @contextmanager
    def _errors(self, doing: str, name: str) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # every store's library has errors of its own
            raise RemoteError(doing, f"{self.address}/{name}".rstrip("/"), _reason(error)) from error


def _chunks(several: Sequence[T]) -> Iterator[Sequence[T]]:
    return (several[start : start + _AT_ONCE] for start in range(0, len(several), _AT_ONCE))


def _file_system(address: Address) -> Any:
    library, extra = _LIBRARIES.get(address.scheme, ("fsspec", "s3"))
    optional_module(library, extra=extra, purpose=f"for addresses that begin with {address.scheme}://")
    fsspec = optional_module("fsspec", extra=extra, purpose="for object stores")
    try:
        return fsspec.filesystem(address.scheme)
    except (ValueError, ImportError) as error:
        raise BenchError(f"No library for {address} is installed: {error}.") from error
    except Exception as error:  # as above
        raise RemoteError("open", address, _reason(error)) from error


def _reason(error: Exception) -> str:
    """The first line of what an error says, without parts of addresses that may hold a secret."""
    text = (str(error) or type(error).__name__).splitlines()[0].rstrip(".")
    return re.sub(r"\?[^\s\"]*", "", re.sub(r"//[^/\s]*@", "//", text))


def _changed(entry: Mapping[str, Any]) -> float:
    found = next((entry[name] for name in ("LastModified", "mtime", "updated", "created") if entry.get(name)), None)
    if isinstance(found, str):
        try:
            found = datetime.datetime.fromisoformat(found)
        except ValueError:
            return 0.0
    return found.timestamp() if isinstance(found, datetime.datetime) else float(found or 0.0)
