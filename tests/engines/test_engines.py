"""Every engine does tasks, tells of errors, outlives the death of a worker. Real processes; SLURM jobs run here."""

import math
import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from pathlib import Path
from typing import Any

import pytest

from bench.engine import ENGINES, Engine, EngineOptions, WorkerDiedError
from bench.engines import share, slurm
from bench.errors import BenchError, UnknownNameError

REMOTE = ("processes", "dask", "slurm")

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Engine]]:
    monkeypatch.setattr(slurm, "POLL_SECONDS", 0.1)
    made: list[Engine] = []

    def make_engine(name: str, **options: Any) -> Engine:
        if name == "slurm":
            options = {"slurm": {"cluster": "local", "timeout_min": 5}, **options}
        made.append(ENGINES.get(name)(EngineOptions(folder=tmp_path, share_devices=False, **options)))
        return made[-1]

    yield make_engine
    for one in made:
        one.shutdown(now=True)


@pytest.mark.parametrize("name", ["serial", *REMOTE])
def test_tasks_are_done_and_errors_come_back(make: Callable[..., Engine], name: str) -> None:
    with make(name, **({} if name == "serial" else {"processes": 2})) as engine:
        assert engine.room == (1 if name == "serial" else 2)
        roots = [engine.submit(math.factorial, number) for number in (3, -1, 5)]
        where = engine.submit(os.path.realpath, "/")
        assert [roots[0].result(), roots[2].result(), where.result()] == [6, 120, "/"]
        assert "negative" in str(roots[1].exception())
        pid = engine.submit(eval, "__import__('os').getpid()").result()
        assert (pid == os.getpid()) == (not engine.is_remote)


def test_a_process_that_dies_fails_its_own_task_only(make: Callable[..., Engine]) -> None:
    with make("processes", processes=2) as engine:
        killed = engine.submit(signal.raise_signal, signal.SIGKILL)
        others = [engine.submit(math.factorial, number) for number in range(4)]
        left = engine.submit(os._exit, 7)
        assert [other.result() for other in others] == [1, 1, 2, 6]
        with pytest.raises(WorkerDiedError, match="killed, as the system does when memory runs out"):
            killed.result()
        with pytest.raises(WorkerDiedError, match="exit code 7"):
            left.result()


def test_dask_gives_the_task_of_a_dead_worker_to_another_and_gives_up_in_the_end(make: Callable[..., Engine]) -> None:
    with make("dask", processes=2) as engine:
        assert engine.submit(math.factorial, 3).result() == 6
        with pytest.raises(WorkerDiedError, match="killed, as the system does when memory runs out") as caught:
            engine.submit(signal.raise_signal, signal.SIGKILL).result()
        assert caught.value.tries >= 3
        assert engine.submit(math.factorial, 4).result() == 24


def test_a_slurm_job_that_dies_says_where_its_log_is(make: Callable[..., Engine]) -> None:
    with make("slurm") as engine, pytest.raises(WorkerDiedError, match=r"log: .*slurm"):
        engine.submit(os._exit, 7).result()


@pytest.mark.parametrize("name", ["processes", "slurm"])
def test_what_runs_can_be_broken_off(make: Callable[..., Engine], name: str) -> None:
    engine = make(name, processes=1)
    started = time.monotonic()
    running = engine.submit(time.sleep, 300)
    time.sleep(1)
    engine.shutdown(now=True)
    assert time.monotonic() - started < 200
    if name == "processes":
        assert isinstance(running.exception(), WorkerDiedError | CancelledError)


@pytest.mark.parametrize("delay", [0.0, 0.001, 0.002, 0.004, 0.008, 0.1])
def test_a_process_that_is_just_starting_can_be_broken_off(make: Callable[..., Engine], delay: float) -> None:
    engine = make("processes", processes=1)
    started = time.monotonic()
    engine.submit(time.sleep, 300)
    time.sleep(delay)
    engine.shutdown(now=True)
    assert time.monotonic() - started < 200


def test_each_process_gets_a_gpu_in_turn_and_its_part_of_the_cores(
    make: Callable[..., Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(share, "gpus", lambda: ["4", "MIG-x"])
    monkeypatch.setattr(share, "cores", lambda: 7)
    made = share.shares(3, devices=True)
    assert [(one.threads, one.gpu) for one in made] == [(2, "4"), (2, "MIG-x"), (2, "4")]
    assert [one.gpu for one in share.shares(2, devices=False)] == [None, None]
    monkeypatch.setattr("bench.engines.processes.shares", lambda *_, **__: made[1:2])
    with make("processes", processes=1) as engine:
        assert engine.submit(os.getenv, "CUDA_VISIBLE_DEVICES").result() == "MIG-x"
        assert engine.submit(os.getenv, "OMP_NUM_THREADS").result() == "2"


def test_what_cannot_start_says_why(make: Callable[..., Engine], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.engines.dask.CONNECT_SECONDS", 1)
    with pytest.raises(BenchError, match=r"No Dask scheduler answers at tcp://127.0.0.1:9 .*dask scheduler"):
        make("dask", scheduler="tcp://127.0.0.1:9").submit(math.sqrt, 4)
    with pytest.raises(BenchError, match="SLURM jobs cannot be submitted"):
        make("slurm", slurm={"cluster": "local", "timeout": 3}).submit(math.sqrt, 4)
    with pytest.raises(UnknownNameError, match="Did you mean 'dask'"):
        ENGINES.get("task")
