"""What of a machine one of several worker processes may use."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock

from threadpoolctl import threadpool_limits

from bench.engine import Report, Task
from bench.progress import be_quiet

VISIBLE = "CUDA_VISIBLE_DEVICES"

_ONE_AT_A_TIME = Lock()
_SETTLED: list[Share] = []


@dataclass(frozen=True)
class Share:
    """`threads` of the processor (None: as many as libraries take), and one GPU, by the name that CUDA knows it by."""

    threads: int | None = None
    gpu: str | None = None

    def settle(self) -> None:
        """Keep this process to its share, before it uses a GPU; its progress is not for people to see."""
        be_quiet()
        if self.gpu is not None:
            os.environ[VISIBLE] = self.gpu
        if self.threads is not None:
            os.environ["OMP_NUM_THREADS"] = str(self.threads)  # for libraries that are not loaded yet
            threadpool_limits(self.threads)
            if "torch" in sys.modules:
                sys.modules["torch"].set_num_threads(self.threads)


def call_within(share: Share, function: Callable[[Task], Report], task: Task) -> Report:
    """Call `function` in a process of another library's, which is kept to its share; one task at a time."""
    with _ONE_AT_A_TIME:
        if not _SETTLED:
            share.settle()
            _SETTLED.append(share)
        return function(task)


def gpus() -> Sequence[str]:
    """The GPUs that this process may use, by the names under which it can hand them on."""
    import torch

    count = torch.cuda.device_count()
    named = os.environ.get(VISIBLE)
    return named.split(",")[:count] if named else [str(number) for number in range(count)]


def shares(processes: int, *, devices: bool) -> list[Share]:
    """The shares of so many processes: cores divided among them, GPUs in turn if `devices`."""
    threads = max(1, cores() // processes)
    found = gpus() if devices else []
    return [Share(threads, found[number % len(found)] if found else None) for number in range(processes)]


def cores() -> int:
    """How many cores this process may use."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    asked = os.environ.get("OMP_NUM_THREADS", "")
    return min(usable, int(asked)) if asked.isdigit() and int(asked) > 0 else usable


def default_processes(*, devices: bool) -> int:
    """One for each GPU; where there is none, one for each core."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, len(gpus()) if devices and gpus() else usable)
