"""How worker processes come into being: forked off a server that has imported what they all need, where that is safe.

Importing takes seconds of the processor, which are spent once so, and not by each worker. The server imports and
computes nothing: it has no threads, whose locks would be forked too, and no GPU, which a forked process cannot use.
Where there is no such server, as on Windows and macOS, each worker imports for itself.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from multiprocessing.context import ForkServerContext, SpawnContext


_IMPORTED = ("bench.engines.unthreaded", "bench.running.work", "bench.running.worker", "torch._dynamo")
"""What computing parts of a run takes, and what PyTorch imports, for seconds, for the first optimizer of a process.

No more than that: a library that the driver has for something else may start threads when it is imported.
"""


def context() -> ForkServerContext | SpawnContext:
    """What starts workers. The server begins with the first of them, and ends with this process."""
    if sys.platform != "linux":  # system libraries of macOS do not outlive a fork
        return multiprocessing.get_context("spawn")
    made = multiprocessing.get_context("forkserver")
    made.set_forkserver_preload(list(_IMPORTED))
    return made


def adopt(environment: Mapping[str, str]) -> None:
    """Take the driver's environment in the place of the server's, which is of the moment when that began."""
    for name in os.environ.keys() - environment.keys():
        del os.environ[name]
    os.environ.update(environment)
