"""A folder of results that stands for an address: what is new on one side is brought to the other.

Each file is one object of the same name. A record comes last of what belongs to its cell, in both directions, so that
whatever has a record is whole. While the store cannot be reached, results stay in the folder and are put later.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from bench.address import Address
from bench.atomic import write_atomically
from bench.progress import say

from .bucket import Bucket, Entry, RemoteError
from .names import is_large, is_note, is_record, is_result, local_results

PAUSE_SECONDS = 30.0
"""Seconds for which nothing is tried after the store could not be reached: each try takes some."""


class Mirror:
    """The working folder of one address, in one process; made by `mirror_of`."""

    def __init__(self, folder: Path, address: Address) -> None:
        self.folder, self.bucket = folder, Bucket(address)
        self._known: dict[str, Entry] = {}
        self._unsent: set[str] = set()
        self._lost_at = -math.inf
        self.has_results = False
        """Whether the address had results when they were fetched last."""

    def fetch(self, *, whole: bool = True) -> list[str]:
        """Get what the address has and the folder lacks; returns the names.

        Not `whole`, scores and what is computed from them is left there. Raises `RemoteError`.
        """
        there = {name: one for name, one in self.bucket.entries().items() if is_result(name)}
        self.has_results = bool(there)
        wanted = [name for name, one in there.items() if (whole or not is_large(name)) and self._lacks(name, one)]
        self.folder.mkdir(parents=True, exist_ok=True)
        found: list[str] = []
        for of_records in (False, True):
            some = sorted(name for name in wanted if is_record(name) == of_records)
            for name, content in self.bucket.read_many(some):
                self._keep(name, content, there[name])
                found.append(name)
        return found

    def _lacks(self, name: str, entry: Entry) -> bool:
        if not (self.folder / name).exists():
            return True
        return is_note(name) and name not in self._unsent and self._known.get(name) != entry

    def _keep(self, name: str, content: bytes, entry: Entry) -> None:
        path = self.folder / name
        write_atomically(path, lambda temporary: temporary.write_bytes(content))
        if entry.changed:
            os.utime(path, (entry.changed, entry.changed))  # when a run began is told by the times of its files
        self._known[name] = entry

    def put(self, *names: str) -> None:
        """Put files, in this order. Where that fails it is said once, and they are put with others later."""
        self._unsent |= set(names)
        if self.is_lost:
            return
        try:
            self._send(self._unsent)
        except RemoteError as error:
            self.lose(error)

    def name_of(self, path: Path) -> str:
        """The name of the object that a file of the folder stands for."""
        return path.absolute().relative_to(self.folder).as_posix()

    @property
    def is_lost(self) -> bool:
        """Whether the store was out of reach a moment ago, so that it is not tried again yet."""
        return time.monotonic() - self._lost_at < PAUSE_SECONDS

    def lose(self, error: RemoteError) -> None:
        """Note that the store is out of reach; it is said the first time."""
        if self._lost_at == -math.inf:
            say(f"Warning: {error} This machine goes on by itself; results are kept in {self.folder}, and put later.")
        self._lost_at = time.monotonic()

    def _send(self, names: Iterable[str]) -> None:
        """Put files, records last; what has vanished meanwhile is not to be put. Raises `RemoteError`."""
        for of_records in (False, True):
            paths = {name: self.folder / name for name in sorted(names) if is_record(name) == of_records}
            self.bucket.upload({name: path for name, path in paths.items() if path.exists()})
            self._unsent -= set(paths)

    def remove(self, name: str) -> None:
        """Remove an object; where the store cannot be reached it stays, and is told from its cell to be over."""
        self._unsent.discard(name)
        if self.is_lost:
            return
        try:
            self.bucket.remove(name)
        except RemoteError as error:
            self.lose(error)

    def settle(self) -> None:
        """Put all results that the address lacks. Raises `RemoteError`; then the next call puts what is missing."""
        there = self.bucket.entries()
        self._send({name for name in local_results(self.folder) if name not in there} | self._unsent)

    def has_same(self, name: str) -> bool:
        """Whether the address has the file as it is here; false too where the store cannot be reached."""
        if self.is_lost:
            return False
        try:
            return self.bucket.read(name) == (self.folder / name).read_bytes()
        except RemoteError as error:
            self.lose(error)
            return False


def mirror_of(path: Path) -> Mirror | None:
    """The mirror that a folder, or a file in it, belongs to; None for what belongs to none."""
    for folder in (path, *path.parents):
        if (address := Address.of_folder(folder)) is not None:
            return _mirror(folder.absolute(), address)
    return None


@cache
def _mirror(folder: Path, address: Address) -> Mirror:
    return Mirror(folder, address)
