"""Processes of a Dask cluster: one that is running, on any number of machines, or one of this machine's own."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import Any

from bench.engine import LIKELY_MEMORY, Engine, EngineLostError, EngineOptions, Report, Task, WorkerDiedError, engine
from bench.optional import optional_module
from bench.progress import say

from .deaf import deaf_children
from .share import Share, call_within, default_processes, shares

CONNECT_SECONDS = 30
LOOK_SECONDS = 0.5
"""Seconds to connect to a scheduler, and between two looks for its first worker."""

PATIENCE = 300.0
"""Seconds without a worker, unless the options say another number. Those of a cluster may come back."""

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
        self._without_workers_since: float | None = None
        self._distributed = optional_module("distributed", extra="dask", purpose="for --engine dask")

    @property
    def breaks_off(self) -> bool:
        """Only processes of this machine end at once."""
        return self.options.scheduler is None

    @property
    def room(self) -> int:
        """One task for each worker that there is."""
        if self.options.scheduler is None:
            return self.options.processes or default_processes(devices=self.options.share_devices)
        self._connect()
        return max(1, self._workers())

    def submit(self, function: Callable[[Task], Report], task: Task) -> Future[Report]:
        """Have a worker do the task; Dask itself gives it to another one where a worker dies."""
        self._connect()
        future: Future[Report] = Future()
        theirs = self._client.submit(call_within, self._share, function, task, pure=False)
        theirs.add_done_callback(partial(_hand_on, self._distributed, future, self._place))
        return future

    def check(self) -> None:
        """Raise `EngineLostError` where there have been no workers for as long as the user waits; warn before."""
        if self._client is None or self._client.status != "running" or self._workers():
            self._without_workers_since = None
            return
        now, patience = time.monotonic(), PATIENCE if self.options.patience is None else self.options.patience
        remedy = "" if self.options.scheduler is None else " Start some: dask worker ADDRESS --nthreads 1"
        if self._without_workers_since is None:
            self._without_workers_since = now
            say(f"Warning: {self._place} has no workers. Waiting {patience:g} s for one.{remedy}")
        elif now - self._without_workers_since >= patience:
            raise EngineLostError(
                f"{self._place} has had no workers for {patience:g} s. What was done is kept; the same command goes on "
                f"from there.{remedy}"
            )

    def shutdown(self, *, now: bool = False) -> None:
        """Leave the scheduler, and end a cluster of our own. What runs elsewhere cannot be broken off, only asked."""
        client, cluster = self._client, self._cluster
        self._client = self._cluster = None
        for one in (client, cluster):
            if one is not None:
                with contextlib.suppress(TimeoutError):
                    one.close(timeout=1 if now else 10)

    @property
    def _place(self) -> str:
        """The cluster, for messages."""
        address = self.options.scheduler
        return "The Dask cluster of this machine" if address is None else f"The Dask scheduler at {address}"

    def _workers(self) -> int:
        return len(self._client.scheduler_info(n_workers=-1)["workers"])

    def _connect(self) -> None:
        if self._client is None:
            address = self.options.scheduler
            try:
                self._client = self._start() if address is None else self._reach(address)
                self._await_worker()
            except (OSError, ValueError) as error:
                raise EngineLostError(
                    f"No Dask scheduler answers at {address or 'this machine'} ({error}). Start one with: dask "
                    "scheduler; workers with: dask worker ADDRESS --nthreads 1"
                ) from error

    def _reach(self, address: str) -> Any:
        is_file = "://" not in address and Path(address).is_file()
        where = {"scheduler_file": address} if is_file else {"address": address}
        logging.getLogger("distributed.client").setLevel(logging.CRITICAL)  # we say ourselves that a scheduler is gone
        return self._distributed.Client(**where, timeout=CONNECT_SECONDS, set_as_default=False)

    def _await_worker(self) -> None:
        try:
            while not self._workers():
                self.check()
                time.sleep(LOOK_SECONDS)
        except BaseException:
            self.shutdown(now=True)
            raise

    def _start(self) -> Any:
        """A cluster of this machine's processes, which hear nothing of Ctrl-C: the driver decides what it means."""
        each = shares(self.room, devices=False)
        self._share = each[0]
        optional_module("dask", extra="dask", purpose="for --engine dask").config.set(
            {"distributed.deploy.lost-worker-timeout": RESTART_TIMEOUT}
        )
        with deaf_children():
            self._cluster = self._distributed.LocalCluster(
                n_workers=self.room, threads_per_worker=1, processes=True, memory_limit=0, silence_logs="CRITICAL",
                host="127.0.0.1", dashboard_address="127.0.0.1:0", worker_dashboard_address="127.0.0.1:0",
            )  # fmt: skip
            return self._distributed.Client(self._cluster, timeout=CONNECT_SECONDS, set_as_default=False)


def _hand_on(distributed: Any, future: Future[Any], place: str, theirs: Any) -> None:
    """What came of a Dask future, said as `concurrent.futures` does."""
    try:
        if theirs.status == "cancelled":
            raise EngineLostError(
                f"{place} is gone. What was done is kept; start another one, and the same command goes on from there."
            )
        future.set_result(theirs.result())
    except distributed.scheduler.KilledWorker as error:
        future.set_exception(
            WorkerDiedError(f"the workers that did it were killed, {LIKELY_MEMORY}", tries=error.allowed_failures + 1)
        )
    except BaseException as error:
        future.set_exception(error)
