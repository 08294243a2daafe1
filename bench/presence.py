"""Which processes use a folder: so that its state can be told, and nothing is deleted under their hands.

Each has a file in `.processes/`, which it touches as long as it lives. Whether a process of this machine is alive is
asked of the machine; one of another machine counts as alive while its file was touched lately by the clock of the disk,
so that clocks that disagree do no harm.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Lock, Thread

from bench.disk_clock import now_of
from bench.json_text import parse_json
from bench.leases import Owner

FOLDER = ".processes"
TOUCH_SECONDS = 30.0
"""Seconds between two touches."""

FORGOTTEN_SECONDS = 600.0
"""Seconds without a touch after which a process of another machine counts as dead."""

_announced: dict[tuple[int, Path], Path] = {}
_touching: set[int] = set()
_lock = Lock()


@dataclass(frozen=True)
class Present:
    """A process that uses a folder, or did until it died. `path` is its file."""

    owner: Owner
    path: Path
    is_alive: bool


def announce(folder: Path) -> None:
    """Say that this process uses `folder`, from now until it ends; where that cannot be written it stays unsaid."""
    place = (os.getpid(), folder.absolute())
    with _lock:
        if place in _announced:
            return
        owner = Owner.new()
        _announced[place] = place[1] / FOLDER / f"{owner.nonce}.json"
        if place[0] not in _touching:
            _touching.add(place[0])
            Thread(target=_touch_all, args=(place[0],), name="presence", daemon=True).start()
            atexit.register(_leave_all, place[0])
    with contextlib.suppress(OSError):
        _announced[place].parent.mkdir(parents=True, exist_ok=True)
        _announced[place].write_text(json.dumps(owner.to_dict()) + "\n", encoding="utf-8")


def leave(folder: Path) -> None:
    """Say that this process does not use `folder` any more."""
    path = _announced.pop((os.getpid(), folder.absolute()), None)
    if path is not None:
        _remove(path)


@contextlib.contextmanager
def at_work(folder: Path) -> Iterator[None]:
    """Say so for the time of the block."""
    announce(folder)
    try:
        yield
    finally:
        leave(folder)


def present(folder: Path) -> list[Present]:
    """The processes that use `folder`, and those that died without taking their leave."""
    now = now_of(folder / FOLDER)
    return [one for path in sorted((folder / FOLDER).glob("*.json")) for one in _look(path, now)]


def in_use(folder: Path) -> list[Owner]:
    """The other processes that use `folder` and are alive."""
    mine = {path for (pid, _), path in _announced.items() if pid == os.getpid()}
    return [one.owner for one in present(folder) if one.is_alive and one.path.absolute() not in mine]


def _look(path: Path, now: float) -> Iterator[Present]:
    try:
        touched = path.stat().st_mtime
        owner = Owner.from_dict(parse_json(path.read_bytes()))
    except (OSError, ValueError, KeyError, TypeError):  # it has just taken its leave, or died while it came
        return
    here = owner.machine == Owner.new().machine
    alive = not owner.has_ended() if here else now - touched < FORGOTTEN_SECONDS
    yield Present(owner, path, alive)


def _touch_all(pid: int) -> None:
    never = Event()
    while not never.wait(TOUCH_SECONDS):
        for (other, _), path in list(_announced.items()):
            if other == pid:
                with contextlib.suppress(OSError):
                    os.utime(path)


def _leave_all(pid: int) -> None:
    for other, folder in list(_announced):
        if other == pid == os.getpid():
            leave(folder)


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()
        path.parent.rmdir()  # where nobody else is there
