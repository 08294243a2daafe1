"""A lease at an address: an object that says who makes something, written again and again while its owner is alive.

Leases of one thing are numbered objects, of which the last counts. Each is made by a write that fails where the object
is there already, so of several that want to take over from a dead owner one gets the next number. Whoever waits looks
whether the object changes, by its own clock, as `bench.leases` does on disks. A lease spares work; nothing may depend
on it.
"""

from __future__ import annotations

import contextlib
import re
import time
from dataclasses import dataclass
from threading import Event, Thread
from types import TracebackType

from bench.leases import Owner, Watch, lease_text, owner_in

from .bucket import Bucket, RemoteError

BEAT_SECONDS = 5.0
"""Seconds between heartbeats, each of which is a write."""

FOLDER = "leases"

_SHOWN_SECONDS = 120.0
_LEASE = re.compile(rf"{FOLDER}/[A-Za-z0-9_./-]+/\d{{6}}\.json", re.ASCII)


@dataclass(frozen=True)
class _Seen:
    number: int
    text: bytes
    owner: Owner | None


class RemoteLease:
    """A lease that this process holds; made by `take`. Its heartbeat ends with `release`, the block or the process."""

    def __init__(self, bucket: Bucket, name: str, number: int, owner: Owner) -> None:
        self.name, self.owner = name, owner
        self._bucket, self._number, self._beat_count = bucket, number, 0
        self._over = Event()
        self._beating = Thread(target=self._beat, name=f"lease {name}", daemon=True)
        self._beating.start()

    @classmethod
    def take(cls, bucket: Bucket, name: str, watch: Watch) -> RemoteLease | None:
        """The lease called `name`, or None where another owner holds it. Raises `RemoteError`.

        Whoever waits for it gives the same `watch` each time.
        """
        seen = _look(bucket, name)
        if seen is not None and not watch.is_over(seen.owner, seen.text):
            return None
        owner, number = Owner.new(), 1 if seen is None else seen.number + 1
        if not bucket.create(_object(name, number), lease_text(owner, 0)):
            found = _look(bucket, name)  # the answer to a first try may have been lost
            if found is None or found.owner != owner:
                return None
        return cls(bucket, name, number, owner)

    def release(self) -> None:
        """Let go, so that another can take it at once; does nothing a second time."""
        if self._over.is_set():
            return
        self._over.set()
        self._beating.join()
        with contextlib.suppress(RemoteError):  # then it expires
            numbers = sorted(number for number in _numbers(self._bucket, self.name) if number <= self._number)
            for number in numbers:  # the own one last, so that nobody takes a dead one for free meanwhile
                self._bucket.remove(_object(self.name, number))

    def __enter__(self) -> RemoteLease:
        return self

    def __exit__(self, *_: TracebackType | type[BaseException] | BaseException | None) -> None:
        self.release()

    def _beat(self) -> None:
        while not self._over.wait(BEAT_SECONDS):
            self._beat_count += 1
            with contextlib.suppress(RemoteError):  # then the lease expires
                self._bucket.write(_object(self.name, self._number), lease_text(self.owner, self._beat_count))


def holders(bucket: Bucket) -> list[Owner]:
    """Who holds leases at an address and has shown to be alive within two minutes, by this machine's clock.

    Stores refuse requests by clocks that are far off, so these agree well enough. Raises `RemoteError`.
    """
    fresh = (name for name, one in bucket.entries(f"{FOLDER}/").items() if time.time() - one.changed < _SHOWN_SECONDS)
    owners = (owner_in(text) for _, text in bucket.read_many([name for name in fresh if _LEASE.fullmatch(name)]))
    return [owner for owner in owners if owner is not None and not owner.has_ended()]


def _object(name: str, number: int) -> str:
    return f"{FOLDER}/{name}/{number:06d}.json"


def _numbers(bucket: Bucket, name: str) -> list[int]:
    found = (path.rpartition("/")[2].removesuffix(".json") for path in bucket.entries(f"{FOLDER}/{name}/"))
    return [int(number) for number in found if number.isdecimal()]


def _look(bucket: Bucket, name: str) -> _Seen | None:
    """The last lease of that name; None where there is none."""
    number = max(_numbers(bucket, name), default=None)
    text = None if number is None else bucket.read(_object(name, number))
    if number is None or text is None:
        return None
    return _Seen(number, text, owner_in(text))
