"""A cache that machines share at an address: trained networks and extracted outputs are made by one of them.

Each machine has its own cache folder, where what others made is fetched to before it is used. A folder is whole when
the file of its facts is there, which is put last. Where the store cannot be reached each machine makes what it needs.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from pathlib import Path

from bench.address import Address
from bench.atomic import write_atomically, write_folder_atomically
from bench.cache import cache_root
from bench.leases import Watch, pauses
from bench.progress import say

from .bucket import Bucket, RemoteError
from .lease import RemoteLease

VARIABLE = "BENCH_SHARED_CACHE"
FACTS = "facts.json"
"""The file that each shared folder has."""

_FILE = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,80}", re.ASCII)


class SharedCache:
    """What is below the cache folder, as far as it is at an address too; without one, nothing is shared."""

    def __init__(self, address: Address | None) -> None:
        self._bucket = None if address is None else Bucket(address)
        self._watches: dict[Path, Watch] = {}
        self._fetched: set[Path] = set()
        self._warned = False

    def check(self) -> None:
        """Raise `RemoteError` where there is an address, and its store cannot be reached."""
        if self._bucket is not None:
            self._bucket.entries("check/")

    def claim(self, path: Path) -> AbstractContextManager[object] | None:
        """The right to make a file or folder, for the time of a block; None where another machine makes it.

        What is at the address is fetched instead, once in each process: then it is there when this returns, and is to
        be looked at before it is used. Where that is damaged, whoever asks again is to make it anew.
        """
        if self._bucket is None:
            return nullcontext()
        try:
            if self._fetch(self._bucket, path):
                return nullcontext()
            watch = self._watches.setdefault(path, Watch())
            lease = RemoteLease.take(self._bucket, _name(path), watch)
            if lease is not None and self._fetch(self._bucket, path):  # it was finished between the look and the lease
                lease.release()
                return nullcontext()
            return lease
        except RemoteError as error:
            self._warn(error)
            return nullcontext()

    @contextmanager
    def turn(self, path: Path, what: str) -> Iterator[None]:
        """As `claim`, after waiting for another machine that makes it; `what` names it in the message that says so."""
        waiting = pauses(lambda: f"Waiting for another machine, which makes {what}.")
        while (claim := self.claim(path)) is None:
            next(waiting)
        with claim:
            yield

    def put(self, path: Path) -> None:
        """Put a file or folder that was just made; where that fails, others make it too."""
        if self._bucket is None:
            return
        try:
            if path.is_dir():
                files = {f"{_name(path)}/{one.name}": one for one in path.iterdir() if one.name != FACTS}
                self._bucket.upload(files)
                self._bucket.upload({f"{_name(path)}/{FACTS}": path / FACTS})
            else:
                self._bucket.upload({_name(path): path})
        except RemoteError as error:
            self._warn(error)

    def _fetch(self, bucket: Bucket, path: Path) -> bool:
        if path in self._fetched:
            return False
        there = bucket.entries(_name(path))
        if f"{_name(path)}/{FACTS}" in there:
            files = [name.removeprefix(f"{_name(path)}/") for name in there]
            write_folder_atomically(path, lambda folder: _download(bucket, path, folder, files))
        elif _name(path) in there:
            write_atomically(path, lambda temporary: bucket.download(_name(path), temporary))
        else:
            return False
        self._fetched.add(path)
        return True

    def _warn(self, error: RemoteError) -> None:
        if not self._warned:
            self._warned = True
            say(f"Warning: {error} What it holds is made on this machine.")


def shared_cache() -> SharedCache:
    """The cache that `$BENCH_SHARED_CACHE` names. Raises `BenchError` for what is no address."""
    return _shared_cache(os.environ.get(VARIABLE, ""))


@cache
def _shared_cache(text: str) -> SharedCache:
    return SharedCache(Address.parse(text) if text else None)


def _name(path: Path) -> str:
    return path.absolute().relative_to(cache_root().absolute()).as_posix()


def _download(bucket: Bucket, path: Path, folder: Path, files: list[str]) -> None:
    """Fetch the files of a folder; names that lead elsewhere, as whoever may write there can choose, are left alone."""
    for file in files:
        if _FILE.fullmatch(file):
            bucket.download(f"{_name(path)}/{file}", folder / file)
