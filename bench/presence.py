"""Which processes use a folder, and for what: so that its state can be told, and nothing is deleted under their hands.

Each has a file in `.processes/`, which it touches as long as it lives. Whether a process of this machine is alive is
asked of the machine; one of another machine counts as alive while its file was touched lately by the clock of the disk,
so that clocks that disagree do no harm.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any

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
    """A process that uses a folder, or did until it died. `path` is its file.

    `doing` is what it says that it is at, empty where it says nothing, and `seconds` for how long by now.
    """

    owner: Owner
    path: Path
    is_alive: bool
    doing: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 0.0


def announce(folder: Path) -> None:
    """Say that this process uses `folder`, from now until it ends; where that cannot be written it stays unsaid."""
    owner = Owner.new()
    _note(folder.absolute(), folder.absolute() / FOLDER / f"{owner.nonce}.json", owner.to_dict())


def leave(folder: Path) -> None:
    """Say that this process does not use `folder` any more."""
    _forget(folder.absolute())


@contextlib.contextmanager
def at_work(folder: Path) -> Iterator[None]:
    """Say so for the time of the block."""
    announce(folder)
    try:
        yield
    finally:
        leave(folder)


@contextlib.contextmanager
def doing(folder: Path, what: Mapping[str, Any]) -> Iterator[None]:
    """Say for the time of the block what this process does there, as plain data."""
    owner, began = Owner.new(), now_of(folder)
    path = folder.absolute() / FOLDER / f"{owner.nonce}.json"
    _note(path, path, {**owner.to_dict(), "doing": dict(what), "began": began})
    try:
        yield
    finally:
        _forget(path)


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
        content = parse_json(path.read_bytes())
        owner = Owner.from_dict(content)
        what, began = dict(content.get("doing", {})), float(content.get("began", now))
    except (OSError, ValueError, KeyError, TypeError):  # it has just taken its leave, or died while it came
        return
    here = owner.machine == Owner.new().machine
    alive = not owner.has_ended() if here else now - touched < FORGOTTEN_SECONDS
    yield Present(owner, path, alive, what, max(0.0, now - began))


def _note(name: Path, path: Path, content: Mapping[str, Any]) -> None:
    """Write a note of this process, which `name` names here, and keep touching it; one that is there already stays."""
    pid = os.getpid()
    with _lock:
        if (pid, name) in _announced:
            return
        _announced[pid, name] = path
        if pid not in _touching:
            _touching.add(pid)
            Thread(target=_touch_all, args=(pid,), name="presence", daemon=True).start()
            atexit.register(_leave_all, pid)
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content) + "\n", encoding="utf-8")


def _forget(name: Path) -> None:
    path = _announced.pop((os.getpid(), name), None)
    if path is not None:
        _remove(path)


def _touch_all(pid: int) -> None:
    never = Event()
    while not never.wait(TOUCH_SECONDS):
        for (other, _), path in list(_announced.items()):
            if other == pid:
                with contextlib.suppress(OSError):
                    os.utime(path)


def _leave_all(pid: int) -> None:
    for other, name in list(_announced):
        if other == pid == os.getpid():
            _forget(name)


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()
        path.parent.rmdir()  # where nobody else is there
