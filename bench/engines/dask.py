"""Processes of a Dask cluster: one that is running, on any number of machines, or one of this machine's own."""

from __future__ import annotations

import signal
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from multiprocessing import resource_tracker
from pathlib import Path
from typing import Any

from bench.engine import Engine, EngineOptions, Report, Task, WorkerDiedError, engine
from bench.errors import BenchError
from bench.optional import optional_module

from .share import Share, call_within, default_processes, shares

CONNECT_SECONDS = 30

RESTART_TIMEOUT = "1h"
"""Dask gives up a worker of ours that is not back in 15 s; on a busy machine one that loads torch takes longer."""


@engine("dask")
class Dask(Engine):
    """The workers of a Dask scheduler at an address or in a file; without one, as many processes of this machine."""

    def __init__(self, options: EngineOptions) -> None:
        super().__init__(options)
        self._cluster: Any = None
        self._client: Any = None
        self._share = Share()
        self._distributed = optional_module("distributed", extra="dask", purpose="for --engine dask")

    @property
    def room(self) -> int:
        """One task for each worker that there is."""
        if self.options.scheduler is None:
            return self.options.processes or default_processes(devices=self.options.share_devices)
        self._connect()
        return max(1, len(self._client.scheduler_info(n_workers=-1)["workers"]))

    def submit(self, function: Callable[[Task], Report], task: Task) -> Future[Report]:
        """Have a worker do the task; Dask itself gives it to another one where a worker dies."""
        self._connect()
        future: Future[Report] = Future()
        theirs = self._client.submit(call_within, self._share, function, task, pure=False)
        theirs.add_done_callback(partial(_hand_on, self._distributed, future))
        return future

    def shutdown(self, *, now: bool = False) -> None:
        """Leave the scheduler, and end a cluster of our own. What runs elsewhere cannot be broken off, only asked."""
        if self._client is not None:
            self._client.close(timeout=0 if now else 10)
        if self._cluster is not None:
            self._cluster.close(timeout=1 if now else 10)
        self._client = self._cluster = None

    def _connect(self) -> None:
        if self._client is None:
            address = self.options.scheduler
            try:
                self._client = self._start() if address is None else self._reach(address)
            except (OSError, ValueError) as error:
                raise BenchError(
                    f"No Dask scheduler answers at {address or 'this machine'} ({error}). Start one with: dask "
                    "scheduler; workers with: dask worker ADDRESS --nthreads 1"
                ) from error

    def _reach(self, address: str) -> Any:
        is_file = "://" not in address and Path(address).is_file()
        where = {"scheduler_file": address} if is_file else {"address": address}
        client = self._distributed.Client(**where, timeout=CONNECT_SECONDS, set_as_default=False)
        try:
            client.wait_for_workers(1, timeout=CONNECT_SECONDS)
        except TimeoutError as error:
            client.close()
            raise BenchError(
                f"The Dask scheduler at {address} has no workers. Start some: dask worker ADDRESS --nthreads 1"
            ) from error
        return client

    def _start(self) -> Any:
        """A cluster of this machine's processes, which hear nothing of Ctrl-C: the driver decides what it means."""
        each = shares(self.room, devices=False)
        self._share = each[0]
        resource_tracker.ensure_running()  # it would let Ctrl-C through again, if it were started below
        optional_module("dask", extra="dask", purpose="for --engine dask").config.set(
            {"distributed.deploy.lost-worker-timeout": RESTART_TIMEOUT}
        )
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            self._cluster = self._distributed.LocalCluster(
                n_workers=self.room, threads_per_worker=1, processes=True, memory_limit=0, silence_logs="CRITICAL",
                host="127.0.0.1", dashboard_address="127.0.0.1:0", worker_dashboard_address="127.0.0.1:0",
            )  # fmt: skip
            return self._distributed.Client(self._cluster, timeout=CONNECT_SECONDS, set_as_default=False)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _hand_on(distributed: Any, future: Future[Any], theirs: Any) -> None:
    """What came of a Dask future, said as `concurrent.futures` does."""
    try:
        if theirs.status == "cancelled":
            raise BenchError("The Dask scheduler is gone. The same command goes on from there.")
        future.set_result(theirs.result())
    except distributed.scheduler.KilledWorker as error:
        future.set_exception(WorkerDiedError("the workers that did it died", tries=error.allowed_failures + 1))
    except BaseException as error:
        future.set_exception(error)
