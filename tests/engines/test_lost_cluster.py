"""Dask clusters that vanish under a run: it ends with a word, what is done is kept, and the next run goes on.

Schedulers and workers are processes of their own, really killed.
"""

import math
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import bench
from bench.engine import ENGINES, Engine, EngineLostError, EngineOptions
from bench.store import Store

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")


@dataclass
class Cluster:
    """A scheduler that says in `file` where it is, and its worker."""

    file: Path
    scheduler: subprocess.Popen[bytes]
    worker: subprocess.Popen[bytes]

    def engine(self, **options: Any) -> Engine:
        made: Engine = ENGINES.get("dask")(EngineOptions(scheduler=str(self.file), **options))
        return made


@pytest.fixture
def cluster(tmp_path: Path, until: Callable[..., None]) -> Iterator[Cluster]:
    file = tmp_path / "scheduler.json"
    place = ("--scheduler-file", str(file), "--no-dashboard", "--host", "127.0.0.1")

    def start(what: str, *options: str) -> subprocess.Popen[bytes]:
        with (tmp_path / f"{what}.log").open("wb") as log:
            command = [sys.executable, "-m", f"distributed.cli.dask_{what}", *place, *options]
            return subprocess.Popen(command, stdout=log, stderr=log)

    made = Cluster(file, start("scheduler", "--port", "0"), start("worker", "--nthreads", "1", "--no-nanny"))
    until(file.exists)
    yield made
    for process in (made.worker, made.scheduler):
        process.kill()
        process.wait()


def test_a_run_whose_workers_are_gone_ends_and_loses_nothing(
    cluster: Cluster, hold: Any, until: Callable[..., None], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It takes long because the worker loads torch."""
    asked: dict[str, Any] = {
        "method": ["held", "brightness"], "id": "digits", "ood": ["uniform", "gaussian"], "plugin": hold.plugin,
        "settings": {"uniform.count": 40, "gaussian.count": 41}, "device": "cpu", "out": tmp_path / "out",
    }  # fmt: skip
    hold.let_go(40)
    with ThreadPoolExecutor(1) as pool:
        run = pool.submit(bench.run, **asked, engine="dask", scheduler=str(cluster.file), patience=0.5)
        until(lambda: [size for size, _ in hold.begun()] == [40, 41] or run.done())
        cluster.worker.kill()
        with pytest.raises(
            EngineLostError, match=r"no workers for 0.5 s.*What was done is kept; the same command goes"
        ):
            run.result(timeout=300)
    assert "Warning: The Dask scheduler" in capsys.readouterr().err
    store = Store(tmp_path / "out")
    before = store.records()
    assert {record["row"]["ood"] for record in before} == {"uniform"}
    assert store.failures() == []
    assert len(list(store.folder.glob(".stop-*"))) == 1, "what may still run elsewhere is to end"
    hold.let_go(41)
    frame = bench.run(**asked)
    assert len(frame) == 4
    assert {record["key"] for record in before} < set(frame["key"])


def test_a_scheduler_that_is_gone_is_not_waited_for(cluster: Cluster) -> None:
    with pytest.raises(EngineLostError, match=r"is gone. What was done is kept"), cluster.engine() as engine:  # noqa: PT012
        out = engine.submit(time.sleep, 300)
        cluster.scheduler.kill()
        while not out.done():
            engine.check()
        out.result()


def test_workers_that_come_late_or_back_do_the_tasks(cluster: Cluster, capsys: pytest.CaptureFixture[str]) -> None:
    cluster.worker.kill()
    cluster.worker.wait()
    place = [sys.executable, "-m", "distributed.cli.dask_worker", "--scheduler-file", str(cluster.file)]
    with cluster.engine(patience=0.2) as engine, pytest.raises(EngineLostError, match=r"0.2 s.*dask worker ADDRESS"):
        engine.submit(math.factorial, 3)
    cluster.worker = subprocess.Popen([*place, "--nthreads", "1", "--no-nanny"], stderr=subprocess.DEVNULL)
    with cluster.engine(patience=100.0) as engine:
        assert engine.submit(math.factorial, 3).result() == 6
    assert "has no workers. Waiting 100 s for one. Start some:" in capsys.readouterr().err
