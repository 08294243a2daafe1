"""Workers are forked off a server that is fit for it, and are as if each had been started by itself."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from multiprocessing import forkserver
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
import torch
from threadpoolctl import threadpool_limits

from bench.engine import Engine, EngineOptions, WorkerDiedError
from bench.engines.processes import Processes
from bench.extraction.took import this_process
from bench.presence import announce, present
from bench.running.work import Work

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forked on Linux only")

PRODUCT = "__import__('numpy').random.default_rng(0).normal(size=(300, 300)).astype('float32')"
TORCH = f"(lambda a: __import__('torch').from_numpy(a @ a))({PRODUCT})"


@pytest.fixture(autouse=True)
def no_server_of_other_tests() -> None:
    """A process has one server, which may have been begun for something else."""
    forkserver._forkserver._stop()  # type: ignore[attr-defined]


@pytest.fixture
def engine() -> Iterator[Engine]:
    made = Processes(EngineOptions(processes=2, share_devices=False))
    yield made
    made.shutdown(now=True)


def ask(engine: Engine, text: str) -> Any:
    """What Python makes of the text in a worker."""
    return engine.submit(eval, text).result()


def server_of(engine: Engine) -> psutil.Process:
    return psutil.Process(int(ask(engine, "__import__('os').getppid()")))


def test_the_server_has_imported_all_and_neither_threads_nor_a_gpu(engine: Engine) -> None:
    server = server_of(engine)
    assert server.pid != os.getpid()
    assert server.num_threads() == 1
    assert ask(engine, f"'{Work.__module__}' in __import__('sys').modules")  # which nothing there has asked for
    assert not ask(engine, "__import__('torch').cuda.is_initialized()")
    assert not ask(engine, "__import__('torch').cuda._is_in_bad_fork()")
    assert not any("nvidia" in file.path for file in server.open_files())


def test_no_import_of_the_server_asks_cuda_for_anything() -> None:
    """A process that has asked cannot fork others that use a GPU; without one here, the questions are counted."""
    program = """
import torch
asked = []
torch.cuda.is_available = torch.cuda.device_count = lambda: asked.append("torch") or 0
torch._C._cuda_getDeviceCount = torch._C._cuda_init = lambda: asked.append("CUDA") or 0
import bench.running.worker
from bench.engines.starting import context
context()
from multiprocessing.forkserver import _forkserver
names = _forkserver._preload_modules
for name in names:
    __import__(name)
print("bench.running.work" in names, "torch._dynamo" in names, asked)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "True True []\n"


def test_a_worker_has_the_environment_of_now(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCH_TEST_OF_WORKERS", "one")
    assert ask(engine, "__import__('os').environ['BENCH_TEST_OF_WORKERS']") == "one"
    engine.shutdown()
    monkeypatch.delenv("BENCH_TEST_OF_WORKERS")
    assert ask(engine, "__import__('os').environ.get('BENCH_TEST_OF_WORKERS')") is None
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "3")
    engine.shutdown()
    assert ask(engine, "__import__('os').environ['OPENBLAS_NUM_THREADS']") == "3"


@pytest.mark.parametrize("threads", [1, 2])
def test_a_worker_computes_with_its_share_of_threads_and_to_the_same_bit(
    threads: int, monkeypatch: pytest.MonkeyPatch, engine: Engine
) -> None:
    monkeypatch.setattr("bench.engines.share.cores", lambda: 2 * threads)
    found = ask(engine, f"(__import__('torch').get_num_threads(), ({TORCH} @ {TORCH}).numpy().tobytes())")
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        with threadpool_limits(threads):
            a = np.random.default_rng(0).normal(size=(300, 300)).astype(np.float32)
            product = torch.from_numpy(a @ a)
            assert found == (threads, (product @ product).numpy().tobytes())
    finally:
        torch.set_num_threads(before)


def test_a_server_that_is_killed_is_replaced(engine: Engine) -> None:
    server = server_of(engine)
    server.kill()
    for future in [engine.submit(signal.raise_signal, signal.SIGKILL) for _ in range(2)]:
        with pytest.raises(WorkerDiedError):
            future.result()
    while server.is_running() and server.status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.01)
    assert server_of(engine).pid != server.pid


def test_each_worker_has_a_name_of_its_own_and_says_that_it_leaves(engine: Engine, tmp_path: Path) -> None:
    names = {this_process(), *(one.result() for one in [engine.submit(_slowly_named, tmp_path) for _ in range(2)])}
    assert len(names) == 3
    assert len(list(present(tmp_path))) == 2
    engine.shutdown()
    assert not list((tmp_path).iterdir())


def _slowly_named(folder: Path) -> str:
    announce(folder)
    time.sleep(1)
    return this_process()
