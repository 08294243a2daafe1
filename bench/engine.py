"""What an engine is: it calls a function with tasks somewhere, in the shape of `concurrent.futures.Executor`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, TypeVar

from bench.errors import BenchError
from bench.registry import registers, registry

Task = TypeVar("Task")
Report = TypeVar("Report")

engine = registers("engine")
"""Class decorator that registers an engine under a literal name: `@engine("processes")`."""

ENGINES = registry("engine")


LIKELY_MEMORY = "as the system does when memory runs out (fewer workers at a time leave more for each)"
"""What is said of a kill that nobody explains."""


class WorkerDiedError(Exception):
    """The process that worked on a task ended before the task did. `tries` says how often that has happened."""

    def __init__(self, how: str, tries: int = 1) -> None:
        super().__init__(how, tries)
        self.how, self.tries = how, tries

    def __str__(self) -> str:
        return self.how


class EngineLostError(BenchError):
    """An engine has nowhere to do tasks, now or any more: those that are out will not be done, nor will others."""


@dataclass(frozen=True)
class EngineOptions:
    """How an engine works.

    `processes` is how many work at a time; None for what the engine takes by itself. `scheduler` is the address of a
    Dask scheduler, or its file; `slurm` are submitit's parameters. `folder` is where an engine may keep its own files.
    `patience` is how many seconds an engine whose workers come and go waits while there are none.
    With `share_devices` each process sees one of the machine's GPUs; without, the run has chosen its device.
    """

    processes: int | None = None
    scheduler: str | None = None
    slurm: Mapping[str, Any] = field(default_factory=dict)
    patience: float | None = None
    folder: Path = Path("runs/latest")
    share_devices: bool = True


class Engine(ABC):
    """Calls functions with tasks. Functions, tasks and what is returned can be pickled.

    Nothing is started before the first task comes. Raises `BenchError` where it cannot start, of which
    `EngineLostError` is for what is not there, or not any more.
    """

    name: ClassVar[str]
    is_remote: ClassVar[bool] = True
    """Whether tasks are done outside this process."""

    def __init__(self, options: EngineOptions) -> None:
        self.options = options
        self._blocks = 0

    @property
    def breaks_off(self) -> bool:
        """Whether running tasks end with `shutdown(now=True)`; where they do not, they can only be asked to end."""
        return True

    @property
    @abstractmethod
    def room(self) -> int:
        """How many tasks can be worked on at a time."""

    @abstractmethod
    def submit(self, function: Callable[[Task], Report], task: Task) -> Future[Report]:
        """Have `function` called with `task`.

        The future's exception is `WorkerDiedError` where the process that did it ended; trying again may help.
        """

    def check(self) -> None:  # noqa: B027 - most engines cannot be lost
        """Raise `EngineLostError` where nothing will come of the tasks that are out; asked now and then meanwhile."""

    @abstractmethod
    def shutdown(self, *, now: bool = False) -> None:
        """End when the tasks are done, or `now`: running ones are broken off where that is possible."""

    def __enter__(self) -> Engine:
        """Blocks may be nested, so that several runs share what was started: it ends with the outermost one."""
        self._blocks += 1
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._blocks -= 1
        if not self._blocks:
            self.shutdown(now=error is not None)
