"""A place where tasks are done one after the other: a process, and a thread of this one that watches it.

Each process has a pipe of its own and no lock that it shares with others, so that it can be killed at any moment
without harm to them.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import pickle
import signal
import traceback
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from multiprocessing import parent_process
from multiprocessing.connection import Connection, wait
from queue import SimpleQueue
from threading import Thread
from typing import Any

from bench.engine import LIKELY_MEMORY, WorkerDiedError

from .deaf import deaf_children
from .share import Share
from .starting import adopt, context


@dataclass(frozen=True)
class Job:
    """What is to be done, and where the answer goes."""

    function: Callable[[Any], Any]
    task: Any
    future: Future[Any]


class Slot:
    """Takes jobs until it is given None. Its process is started for the first job, and anew where it has died."""

    def __init__(self, number: int, share: Share, jobs: SimpleQueue[Job | None]) -> None:
        self.number, self.share, self.jobs = number, share, jobs
        self._process: Any = None
        self._pipe: Connection[Any, Any] | None = None
        self._ending = False
        self._thread = Thread(target=self._serve, name=f"worker {number}", daemon=True)
        self._thread.start()

    def end(self, *, now: bool) -> None:
        """Wait for the jobs to be done, or break the running one off."""
        if now:
            self._ending = True
            if self._process is not None:
                self._process.kill()
        self._thread.join()

    def _serve(self) -> None:
        while (job := self.jobs.get()) is not None:
            if self._ending or not job.future.set_running_or_notify_cancel():
                continue
            try:
                answer = self._ask(job)
            except BaseException as error:
                job.future.set_exception(error)
            else:
                job.future.set_result(answer)
        if self._pipe is not None:
            self._pipe.close()  # the process ends at the end of its pipe
            self._process.join()

    def _ask(self, job: Job) -> Any:
        if self._process is None:
            self._start()
        assert self._pipe is not None
        assert self._process is not None
        try:
            self._pipe.send((job.function, job.task))
            wait([self._pipe, self._process.sentinel])
            is_well, answer = self._pipe.recv()
        except (EOFError, ConnectionError) as error:
            raise WorkerDiedError(self._bury()) from error
        if not is_well:
            raise answer
        return answer

    def _start(self) -> None:
        start, name = context(), f"oodbench worker {self.number}"
        self._pipe, theirs = start.Pipe()
        process = start.Process(target=work, args=(theirs, self.share, dict(os.environ)), name=name, daemon=True)
        try:
            with deaf_children():
                process.start()
        except (EOFError, ConnectionError) as error:  # what was to fork it is gone itself
            self._pipe.close()
            self._pipe = None
            raise WorkerDiedError(f"the server of worker processes was killed, {LIKELY_MEMORY}") from error
        finally:
            theirs.close()  # so that the pipe ends when the process does
        self._process = process
        if self._ending:  # it was said when there was no process yet that could be killed
            process.kill()

    def _bury(self) -> str:
        """Say how the process ended, and forget it."""
        assert self._pipe is not None
        self._pipe.close()
        self._process.join()
        code = self._process.exitcode
        self._process = self._pipe = None
        if code != -signal.SIGKILL:
            return f"the worker process ended {_ending(code)}"
        return f"the worker process was killed, {LIKELY_MEMORY}"


def _ending(code: int) -> str:
    if code >= 0:
        return f"with exit code {code}"
    with contextlib.suppress(ValueError):
        return f"by the signal {signal.Signals(-code).name}"
    return f"by the signal {-code}"


def work(pipe: Connection[Any, Any], share: Share, environment: Mapping[str, str]) -> None:
    """What the process does: answer each job by whether it went well, and by what came out."""
    adopt(environment)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # also where a library lets it through again
    Thread(target=_end_with_parent, name="end with the driver", daemon=True).start()
    share.settle()
    while True:
        try:
            function, task = pipe.recv()
        except (EOFError, ConnectionError):
            break
        try:
            answer = (True, function(task))
        except BaseException as error:
            answer = (False, _portable(error))
        try:
            pipe.send(answer)
        except ConnectionError:
            break
    atexit._run_exitfuncs()  # forked processes end without


def _end_with_parent() -> None:
    """End at once when the driver is gone: what was finished is on disk, and another driver may be on its way."""
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _portable(error: BaseException) -> BaseException:
    """The error itself where it survives the way to the driver, else what it says."""
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes of a moment ago
    except Exception:
        return RuntimeError("".join(traceback.format_exception(error)))
    return error
