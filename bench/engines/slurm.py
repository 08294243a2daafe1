"""Jobs of a SLURM cluster, by submitit."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future
from threading import Event, Thread
from typing import Any

from bench.engine import Engine, EngineOptions, Report, Task, WorkerDiedError, engine
from bench.errors import BenchError
from bench.optional import optional_module

from .share import Share, call_within

DEFAULT_JOBS = 16
POLL_SECONDS = 1.0


@engine("slurm")
class Slurm(Engine):
    """A SLURM job for each task. Parameters are submitit's, such as `timeout_min`, `gpus_per_node`, `partition`."""

    def __init__(self, options: EngineOptions) -> None:
        super().__init__(options)
        self._submitit = optional_module("submitit", extra="slurm", purpose="for --engine slurm")
        self._executor: Any = None
        self._running: dict[Any, Future[Any]] = {}
        self._over = Event()
        self._thread: Thread | None = None

    @property
    def room(self) -> int:
        """How many jobs there are at a time."""
        return self.options.processes or DEFAULT_JOBS

    def submit(self, function: Callable[[Task], Report], task: Task) -> Future[Report]:
        """Submit a job."""
        if self._executor is None:
            self._start()
        assert self._executor is not None
        future: Future[Report] = Future()
        self._running[self._executor.submit(call_within, Share(), function, task)] = future
        return future

    def shutdown(self, *, now: bool = False) -> None:
        """Wait for the jobs, or cancel them."""
        if now:
            for job in list(self._running):
                job.cancel()
            self._running.clear()
        while self._running:
            time.sleep(POLL_SECONDS / 10)
        self._over.set()
        if self._thread is not None:
            self._thread.join()

    def _start(self) -> None:
        parameters = {"name": "oodbench", **self.options.slurm}
        cluster = parameters.pop("cluster", "slurm")
        folder = self.options.folder.absolute() / "slurm" / "%j"
        try:
            self._executor = self._submitit.AutoExecutor(folder, cluster=cluster)
            self._executor.update_parameters(**parameters)
        except (RuntimeError, ValueError, TypeError, NameError) as error:
            raise BenchError(f"SLURM jobs cannot be submitted: {error}. Look at --slurm NAME=VALUE.") from error
        self._thread = Thread(target=self._watch, name="slurm", daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._over.wait(POLL_SECONDS):
            for job, future in list(self._running.items()):
                if job.done():
                    self._running.pop(job, None)
                    self._settle(job, future)

    def _settle(self, job: Any, future: Future[Any]) -> None:
        utils = self._submitit.core.utils
        try:
            future.set_result(job.result())
        except utils.FailedJobError as error:  # an error of the task, which is an uncompleted job, too
            future.set_exception(error)
        except utils.UncompletedJobError as error:
            how = f"the job {job.job_id} ended without an answer ({job.state}); its log: {job.paths.stderr}"
            died = WorkerDiedError(how)
            died.__cause__ = error
            future.set_exception(died)
        except Exception as error:
            future.set_exception(error)
