"""Programs in processes of their own that have torch from the start: they are forked from one that has loaded it.

A new Python takes four seconds of a core to load torch. Where that a process dies is tested, and not how it begins, it
is forked instead (but on Windows, which has no fork).
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

if sys.platform == "win32":
    _CONTEXT = multiprocessing.get_context("spawn")
else:
    _CONTEXT = multiprocessing.get_context("forkserver")

_PRELOADED = ["torch", "torch._dynamo", "torch.distributed", "bench.running.api"]

_PREPARE = """
import os, signal, sys
if hasattr(signal, "pthread_sigmask"):  # the server may be one that workers were forked off first, which are deaf
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
signal.signal(signal.SIGINT, signal.default_int_handler)
os.environ.clear()
os.environ.update(environment)
for descriptor, file in ((1, out), (2, err)):
    os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), descriptor)
sys.argv = ["-c", *arguments]
exec(program)
"""


class Forked:
    """A process that runs `program` as `python -c` would, and writes into files of `folder` what it prints.

    The program finds `given`, which is pickled, as a global name.
    """

    def __init__(
        self, program: str, *arguments: str, folder: Path, environment: Mapping[str, str] | None = None,
        given: object = None,
    ) -> None:  # fmt: skip
        folder.mkdir(parents=True, exist_ok=True)
        self._out, self._err = folder / "out", folder / "err"
        known: dict[str, Any] = {
            "__name__": "__main__", "program": program, "arguments": arguments, "given": given, "out": str(self._out),
            "err": str(self._err), "environment": {**os.environ, "OMP_NUM_THREADS": "1", **(environment or {})},
        }  # fmt: skip
        _CONTEXT.set_forkserver_preload(_PRELOADED)
        self._process = _CONTEXT.Process(target=exec, args=(_PREPARE, known))
        self._process.start()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def wait(self) -> int:
        """Wait for its end; its exit code, below zero where a signal ended it."""
        self._process.join()
        assert self._process.exitcode is not None
        return self._process.exitcode

    def wait_for(self, text: str) -> None:
        """Wait until it has printed exactly this."""
        deadline = time.monotonic() + 300
        while self.out != text:
            assert self._process.is_alive(), self.err
            assert time.monotonic() < deadline, self.err
            time.sleep(0.02)

    @property
    def out(self) -> str:
        """What it has printed so far."""
        return self._out.read_text(encoding="utf-8") if self._out.exists() else ""

    @property
    def err(self) -> str:
        """What it has printed on standard error so far."""
        return self._err.read_text(encoding="utf-8") if self._err.exists() else ""
