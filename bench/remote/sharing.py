"""Several drivers, each on a machine of its own, that work at one address: each piece of work is one driver's."""

from __future__ import annotations

from pathlib import Path

from bench.leases import Owner, Watch
from bench.progress import say

from .bucket import RemoteError
from .lease import RemoteLease, holders
from .mirror import Mirror, mirror_of


def drivers_at(folder: Path) -> list[Owner]:
    """The drivers that work at the address of a working folder; none for another folder. Raises `RemoteError`."""
    mirror = mirror_of(folder)
    return [] if mirror is None else holders(mirror.bucket)


class Claims:
    """The pieces of work of one driver, by names that all drivers agree on.

    Where the store cannot be reached, whatever is asked for is granted: the worst is that two do the same.
    """

    def __init__(self, mirror: Mirror) -> None:
        self._mirror = mirror
        self._held: dict[str, RemoteLease | None] = {}
        self._watches: dict[str, Watch] = {}
        self._is_checked = False

    def claim(self, name: str) -> bool:
        """Whether the piece is this driver's now, until `release`; False where another is at it."""
        if name in self._held:
            return True
        if self._mirror.is_lost:
            return self._alone(name)
        try:
            self._check()
            lease = RemoteLease.take(self._mirror.bucket, name, self._watches.setdefault(name, Watch()))
        except RemoteError as error:
            self._mirror.lose(error)
            return self._alone(name)
        if lease is not None:
            self._held[name] = lease
        return lease is not None

    def _check(self) -> None:
        if not self._is_checked and not self._mirror.bucket.excludes():
            say(f"Warning: {self._mirror.bucket.address} lets two machines write one object, so both may do the same.")
        self._is_checked = True

    def _alone(self, name: str) -> bool:
        self._held[name] = None
        return True

    def release(self, name: str) -> None:
        """Let go of a piece; its results are at the address by then."""
        lease = self._held.pop(name, None)
        if lease is not None:
            lease.release()

    def release_all(self) -> None:
        """Let go of whatever is held, as where a run ends early."""
        for name in list(self._held):
            self.release(name)

    def news(self) -> list[str]:
        """Fetch what others have put; returns the names of the new objects, none where the store cannot be reached."""
        if self._mirror.is_lost:
            return []
        try:
            return self._mirror.fetch()
        except RemoteError as error:
            self._mirror.lose(error)
            return []
