"""Whether something malformed does no harm: an error that a user can mend, or a result, and nothing beside it."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, settings

from bench.errors import BenchError

COUNTED: Counter[str] = Counter()
"""How many malformed inputs were tried in this process, and how many of these were refused."""

_CREATES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CHANGES = {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.symlink", "os.link", "os.truncate", "shutil.rmtree"}
_RUNS = {"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.startfile", "socket.connect"}
_HARMLESS = ("/dev/", "/proc/")
_watched: list[tuple[Path, list[str]]] = []


def budget(examples: int) -> settings:
    """So many malformed inputs, the same in every run."""
    return settings(
        max_examples=examples,
        derandomize=True,
        deadline=None,
        database=None,
        report_multiple_bugs=False,
        phases=[Phase.generate],  # what is found is short enough, and shrinking takes minutes
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
    )


def survives(act: Callable[[], Any]) -> Any:
    """What `act` gives, or the `BenchError` that it raises. Any other error passes through and fails the test."""
    COUNTED["tried"] += 1
    try:
        return act()
    except BenchError as error:
        COUNTED["refused"] += 1
        refusal = error
    assert str(refusal).strip(), "the message is empty"
    return refusal


@contextmanager
def nothing_outside(folder: Path) -> Iterator[None]:
    """A block in which this process may change files in `folder` only, run no program and open no connection.

    Provenance asks git which commit the code is of.
    """
    found: list[str] = []
    _watched.append((folder.resolve(), found))
    try:
        yield
    finally:
        _watched.remove((folder.resolve(), found))
    assert found == []


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if not _watched:
        return
    folder, found = _watched[-1]
    if event in _RUNS and not (event == "subprocess.Popen" and Path(str(arguments[0])).name == "git"):
        found.append(f"{event} {arguments!r}")
    elif (event == "open" and _writes(arguments)) or event in _CHANGES:
        place = arguments[1] if event in ("os.rename", "os.symlink", "os.link") else arguments[0]
        if isinstance(place, str | bytes | os.PathLike) and not _within(Path(os.fsdecode(place)), folder):
            found.append(f"{event} {place!r}")


def _writes(arguments: tuple[Any, ...]) -> bool:
    mode, flags = arguments[1], arguments[2]
    return any(letter in (mode or "") for letter in "wax+") or bool(isinstance(flags, int) and flags & _CREATES)


def _within(path: Path, folder: Path) -> bool:
    where = os.path.realpath(path)
    return Path(where).is_relative_to(folder) or where.startswith(_HARMLESS) or "__pycache__" in where


sys.addaudithook(_watch)
