"""What a worker does: a part of a run, from a task that is plain data, in whatever process the task comes to."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.cache import VARIABLE as CACHE
from bench.cache import cache_root
from bench.data.location import VARIABLE as DATA
from bench.data.location import data_root
from bench.errors import BenchError
from bench.plugins import activate
from bench.remote import SHARED_CACHE
from bench.stopping import region

from .part import Part
from .part_work import PartReport, PartWork


@dataclass(frozen=True)
class Place:
    """Where a driver works, so that paths mean the same to its workers: its folder, caches and data sets."""

    folder: Path
    environment: Mapping[str, str]

    @classmethod
    def here(cls) -> Place:
        """That of this process."""
        shared = {name: os.environ[name] for name in (SHARED_CACHE,) if name in os.environ}
        return cls(Path.cwd(), {CACHE: str(cache_root().absolute()), DATA: str(data_root().absolute()), **shared})

    def enter(self) -> None:
        """Work there from now on. Raises `BenchError` where the folder is not on this machine."""
        os.environ.update(self.environment)
        try:
            os.chdir(self.folder)
        except OSError as error:
            raise BenchError(
                f"The worker on {os.uname().nodename} has no folder {self.folder}: {error.strerror}. Workers on other "
                "machines need the same folders; share them, or run each machine by itself with --shard."
            ) from error


@dataclass(frozen=True)
class Task:
    """A part of a run for a worker. `run` names the run; `stop` is a file that appears when nothing more is to start.

    `prepare` is what prepares the run, once its `plugins` are active.
    What is prepared for one run is kept until a task of another one comes.
    """

    run: str
    plugins: tuple[Path, ...]
    prepare: Callable[[], PartWork[Any, Any]]
    part: Part
    stop: Path
    place: Place = field(default_factory=Place.here)


_KEPT: dict[str, PartWork[Any, Any]] = {}
"""The work of the run that this process is at, by the name of the run."""


@contextmanager
def keeping(run: str, work: PartWork[Any, Any]) -> Iterator[None]:
    """Have tasks of the run that come to this process done by this work, which is prepared already."""
    before = dict(_KEPT)
    _keep(run, work)
    try:
        yield
    finally:
        _KEPT.clear()
        _KEPT.update(before)


def perform(task: Task) -> PartReport:
    """Do a task; results and failures are written to the store of its run, and reported in plain words."""
    if task.run not in _KEPT:
        task.place.enter()
        activate(task.plugins)
        _keep(task.run, task.prepare())
    with region(task.stop):
        return _KEPT[task.run].do(task.part)


def _keep(run: str, work: PartWork[Any, Any]) -> None:
    _KEPT.clear()
    _KEPT[run] = work
