"""Ctrl-C twice: asked once, a run lets its running cells finish and starts no more; asked again it stops at once.

Only inside a `region` is the first request taken so; elsewhere every request stops at once. A worker process, which
may be on another machine, is asked by a file that it looks for.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from bench.progress import say

_STOPPING = "Stopping when the running cells are done; press Ctrl-C again to stop at once."


class Interrupted(BaseException):
    """The user wants the program to end. Not an error: whatever catches errors lets it pass."""


class Stopping(Interrupted):
    """Work has come to a point where it can end, after the user asked for it."""


class _State:
    regions = 0
    asked = False
    file: Path | None = None


def ask() -> bool:
    """Ask the region that the program is in to come to its end; False where there is none, or it was asked before."""
    if not _State.regions or _State.asked:
        return False
    _State.asked = True
    say(f"\n{_STOPPING}")
    return True


def is_asked() -> bool:
    """Whether nothing new is to be started."""
    return _State.asked or (_State.file is not None and _State.file.exists())


def check() -> None:
    """Raise `Stopping` if nothing new is to be started: called where all that was done so far is safe."""
    if is_asked():
        raise Stopping


@contextlib.contextmanager
def region(file: Path | None = None) -> Iterator[None]:
    """A block that looks at `is_asked` now and then; also whether the `file` is there, if one is given."""
    before = _State.file
    _State.regions += 1
    _State.file = file or before
    try:
        yield
    finally:
        _State.regions -= 1
        _State.file = before
        if not _State.regions:
            _State.asked = False
