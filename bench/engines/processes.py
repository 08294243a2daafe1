"""Several processes of this machine, one GPU for each where there are some."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any

from bench.engine import Engine, EngineOptions, Report, Task, engine

from .share import default_processes, shares
from .slot import Job, Slot


@engine("processes")
class Processes(Engine):
    """Several processes of this machine; one that dies fails its own task only, and is replaced."""

    def __init__(self, options: EngineOptions) -> None:
        super().__init__(options)
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._slots: list[Slot] = []

    @property
    def room(self) -> int:
        """The number of processes."""
        return self.options.processes or default_processes(devices=self.options.share_devices)

    def submit(self, function: Callable[[Task], Report], task: Task) -> Future[Report]:
        """Have the next free process do the task."""
        if not self._slots:
            own = shares(self.room, devices=self.options.share_devices)
            self._slots = [Slot(number, share, self._jobs) for number, share in enumerate(own, start=1)]
        future: Future[Any] = Future()
        self._jobs.put(Job(function, task, future))
        return future

    def shutdown(self, *, now: bool = False) -> None:
        """End the processes: when they have done their tasks, or now."""
        for _ in self._slots:
            self._jobs.put(None)
        for slot in self._slots:
            slot.end(now=now)
        self._slots = []
