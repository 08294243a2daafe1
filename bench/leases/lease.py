"""A lease: a small file that says who makes something, with a heartbeat that shows that its owner is alive.

The file appears whole or not at all, by a hard link, which also a network file system makes for one of several that
try at once. While its owner works, a thread counts up a number in it. Whoever waits watches the number, by its own
clock: so clocks that disagree do no harm. A lease whose number stands still for `EXPIRY_SECONDS` is taken over, and at
once if its owner was a process of this machine that has ended.

A lease spares work; nothing may depend on it. An owner that was only asleep wakes up to find that its lease is
another's: then two work on the same. What they make must appear atomically, and be the same.
"""

from __future__ import annotations

import contextlib
import os
import uuid
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from types import TracebackType

from bench.disk import disk_error
from bench.errors import BenchError

from .heartbeat import Watch, lease_text, owner_in
from .owner import Owner

BEAT_SECONDS = 3.0
"""Seconds between heartbeats."""

_NOT_FOR_LINKS = "Choose a folder on a file system that has hard links with BENCH_CACHE"


class LeaseLostError(Exception):
    """Another process took the lease over, since this one was asleep for too long."""


@dataclass(frozen=True)
class _Seen:
    """A lease file as it was found: who owns it, and the whole text with its heartbeat."""

    owner: Owner | None
    text: bytes


class Lease:
    """A lease that this process holds; made by `take`. Its heartbeat ends with the block or the process."""

    def __init__(self, path: Path, owner: Owner, descriptor: int) -> None:
        self.path, self.owner = path, owner
        self._descriptor = descriptor
        self._over = Event()
        self._beating = Thread(target=self._beat, name=f"lease {path.name}", daemon=True)
        self._beating.start()

    @classmethod
    def take(cls, path: Path, watch: Watch | None = None) -> Lease | None:
        """The lease at `path`, or None where another owner holds it.

        Whoever waits for it gives the same `watch` each time. Raises `BenchError` where nothing can be written.
        """
        seen = _look(path)
        if seen is not None and not ((watch or Watch()).is_over(seen.owner, seen.text) and _remove(path, seen)):
            return None
        owner = Owner.new()
        descriptor = _create(path, owner)
        return None if descriptor is None else cls(path, owner, descriptor)

    @staticmethod
    def holder(path: Path) -> Owner | None:
        """Who holds the lease at `path`, dead or alive; None where nobody does, or it cannot be told."""
        seen = _look(path)
        return None if seen is None else seen.owner

    def is_held(self) -> bool:
        """Whether the lease is still this owner's."""
        seen = _look(self.path)
        return seen is not None and seen.owner == self.owner

    def require_held(self) -> None:
        """Raise `LeaseLostError` if the lease is another's by now."""
        if not self.is_held():
            raise LeaseLostError(str(self.path))

    def release(self) -> None:
        """Let go, so that another can take it at once; does nothing a second time."""
        if self._over.is_set():
            return
        self._over.set()
        self._beating.join()
        os.close(self._descriptor)
        with contextlib.suppress(OSError):  # then it expires
            if self.is_held():
                self.path.unlink()

    def __enter__(self) -> Lease:
        return self

    def __exit__(self, *_: TracebackType | type[BaseException] | BaseException | None) -> None:
        self.release()

    def _beat(self) -> None:
        """Count up in this owner's file, also where another's has its name by now: that one is not touched."""
        count = 0
        while not self._over.wait(BEAT_SECONDS):
            count += 1
            with contextlib.suppress(OSError):  # a full disk, or the file is gone: then the lease expires
                os.pwrite(self._descriptor, lease_text(self.owner, count), 0)
                os.fsync(self._descriptor)


def _look(path: Path) -> _Seen | None:
    """What is at the path; None where nothing is."""
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise disk_error(f"Cannot read {path}", error) from error
    return _Seen(owner_in(text), text)


def _create(path: Path, owner: Owner) -> int | None:
    """A descriptor of the new lease file, whose name it gets; None where another was quicker."""
    temporary = path.with_name(f".{path.name}.{owner.nonce}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o644)
    except OSError as error:
        raise disk_error(f"Cannot write {temporary}", error) from error
    try:
        os.write(descriptor, lease_text(owner, 0))
        os.fsync(descriptor)
        if _linked(temporary, path):
            return descriptor
    except OSError as error:
        os.close(descriptor)
        raise disk_error(f"Cannot write {path}", error) from error
    finally:
        temporary.unlink(missing_ok=True)
    os.close(descriptor)
    return None


def _linked(temporary: Path, path: Path) -> bool:
    """Give the file its name too, unless that is taken. A lost answer of a network file system is asked for again."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        return temporary.stat().st_nlink == 2
    except PermissionError as error:
        raise BenchError(f"Cannot make the lease {path}: {error.strerror}. {_NOT_FOR_LINKS}.") from error
    return True


def _remove(path: Path, seen: _Seen) -> bool:
    """Remove the dead owner's file, and no other's that came in the meantime; False where that was so."""
    aside = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    try:
        path.rename(aside)
    except FileNotFoundError:
        return True
    except OSError as error:
        raise disk_error(f"Cannot write {path}", error) from error
    try:
        found = _look(aside)
        if found is not None and found.owner == seen.owner:
            return True
        with contextlib.suppress(OSError):  # else two hold it, which does no harm
            os.link(aside, path)
        return False
    finally:
        aside.unlink(missing_ok=True)
