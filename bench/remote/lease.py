"""A lease at an address: an object that says who makes something, written again and again while its owner is alive.

Leases of one thing are numbered objects, of which the last counts. Each is made by a write that fails where the object
is there already, so of several that want to take over from a dead owner one gets the next number. Whoever waits looks
whether the object changes, by its own clock, as `bench.leases` does on disks. A lease spares work; nothing may depend
on it.
"""

from __future__ import annotations

import contextlib
import json
import re
import time
from dataclasses import dataclass, field
from threading import Event, Thread
from types import TracebackType

from bench.json_text import parse_json
from bench.leases import EXPIRY_SECONDS, Owner

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


@dataclass
class RemoteWatch:
    """Waits for one lease to be free: remembers when its heartbeat was last seen to change."""

    _text: bytes = b""
    _changed: float = field(default_factory=time.monotonic)

    def is_over(self, seen: _Seen) -> bool:
        """Whether the owner of what was found is dead, or counts as dead."""
        now = time.monotonic()
        if seen.text != self._text:
            self._text, self._changed = seen.text, now
        ended = seen.owner is not None and seen.owner.has_ended()
        return ended or now - self._changed >= EXPIRY_SECONDS


class RemoteLease:
    """A lease that this process holds; made by `take`. Its heartbeat ends with `release`, the block or the process."""

    def __init__(self, bucket: Bucket, name: str, number: int, owner: Owner) -> None:
        self.name, self.owner = name, owner
        self._bucket, self._number, self._beat_count = bucket, number, 0
        self._over = Event()
        self._beating = Thread(target=self._beat, name=f"lease {name}", daemon=True)
        self._beating.start()

    @classmethod
    def take(cls, bucket: Bucket, name: str, watch: RemoteWatch) -> RemoteLease | None:
        """The lease called `name`, or None where another owner holds it. Raises `RemoteError`.

        Whoever waits for it gives the same `watch` each time.
        """
        seen = _look(bucket, name)
        if seen is not None and not watch.is_over(seen):
            return None
        owner, number = Owner.new(), 1 if seen is None else seen.number + 1
        if not bucket.create(_object(name, number), _text(owner, 0)):
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
                self._bucket.write(_object(self.name, self._number), _text(self.owner, self._beat_count))


def holders(bucket: Bucket) -> list[Owner]:
    """Who holds leases at an address and has shown to be alive within two minutes, by this machine's clock.

    Stores refuse requests by clocks that are far off, so these agree well enough. Raises `RemoteError`.
    """
    fresh = (name for name, one in bucket.entries(f"{FOLDER}/").items() if time.time() - one.changed < _SHOWN_SECONDS)
    owners = (_owner(text) for _, text in bucket.read_many([name for name in fresh if _LEASE.fullmatch(name)]))
    return [owner for owner in owners if owner is not None and not owner.has_ended()]


def _object(name: str, number: int) -> str:
    return f"{FOLDER}/{name}/{number:06d}.json"


def _text(owner: Owner, beat: int) -> bytes:
    return json.dumps({**owner.to_dict(), "beat": beat}).encode()


def _numbers(bucket: Bucket, name: str) -> list[int]:
    found = (path.rpartition("/")[2].removesuffix(".json") for path in bucket.entries(f"{FOLDER}/{name}/"))
    return [int(number) for number in found if number.isdecimal()]


def _look(bucket: Bucket, name: str) -> _Seen | None:
    """The last lease of that name; None where there is none."""
    number = max(_numbers(bucket, name), default=None)
    text = None if number is None else bucket.read(_object(name, number))
    if number is None or text is None:
        return None
    return _Seen(number, text, _owner(text))


def _owner(text: bytes) -> Owner | None:
    try:
        found = parse_json(text)
        found.pop("beat")
        return Owner.from_dict(found)
    except (ValueError, TypeError, AttributeError, KeyError):
        return None
