"""Waiting for one's turn: until the lease is free, or until what was wanted is there."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.progress import say

from .heartbeat import Watch
from .lease import Lease

SHORTEST_PAUSE, LONGEST_PAUSE = 0.05, 1.0
"""Seconds between two looks; the pauses grow."""

_SAID_AFTER = 5.0
"""Seconds of waiting that go unsaid."""


def turn(path: Path, is_there: Callable[[], bool], what: str) -> Lease | None:
    """The lease at `path` for making what is not there, or None as soon as it is there because another made it.

    Waits as long as another owner makes it. `what` names it for the message that says who is waited for.
    """
    watch = Watch()
    waiting = pauses(lambda: f"Waiting for {Lease.holder(path) or 'another process'}, which makes {what}.")
    while not is_there():
        lease = Lease.take(path, watch)
        if lease is not None:
            if not is_there():
                return lease
            lease.release()  # it was finished between the look and the lease
            return None
        next(waiting)
    return None


def pauses(message: Callable[[], str]) -> Iterator[None]:
    """Sleep at each step, longer and longer; say the message once, when the waiting has lasted for some seconds."""
    started, pause, said = time.monotonic(), SHORTEST_PAUSE, False
    while True:
        time.sleep(pause)
        pause = min(1.5 * pause, LONGEST_PAUSE)
        if not said and time.monotonic() - started >= _SAID_AFTER:
            said = True
            say(message())
        yield
