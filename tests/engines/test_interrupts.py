"""Ctrl-C once and twice, as a terminal sends it: to all processes of a run. Real processes and signals.

Each driver and each worker loads torch, which is what takes the time.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

import bench
from bench.leases import Lease
from bench.presence import present
from bench.stopping import Interrupted, ask
from bench.store import Store

pytestmark = pytest.mark.skipif(not hasattr(os, "killpg"), reason="needs groups of processes")

SIZES = {"uniform": 40, "gaussian": 41, "black": 42}
SETTINGS = {"uniform.count": 40, "gaussian.count": 41}


class Run:
    """`bench run` with two workers, in a session of its own."""

    def __init__(self, folder: Path, plugin: Path, engine: str) -> None:
        self.out, self.log = folder / "out", folder / "log"
        np.savez(folder / "black.npz", images=np.zeros((42, 8, 8), np.uint8))
        ood = ["uniform", "gaussian", f"black=npz:{folder / 'black.npz'}"]
        self.asked: dict[str, Any] = {"method": "held", "id": "digits", "ood": ood, "settings": SETTINGS}
        self.asked |= {"plugin": plugin, "out": self.out, "device": "cpu"}
        command = [sys.executable, "-m", "bench", "run", "--method=held", "--id=digits", f"--plugin={plugin}"]
        command += [f"--ood={name}" for name in ood] + [f"--set={name}={size}" for name, size in SETTINGS.items()]
        command += [f"--out={self.out}", f"--engine={engine}", "--processes=2", "--device=cpu"]
        with self.log.open("wb") as log:
            self.driver = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)

    def begun(self, hold: Any, until: Callable[..., None]) -> list[tuple[int, int]]:
        """What both workers are at, once they are."""
        until(lambda: len(hold.begun()) == 2 or self.driver.poll() is not None)
        assert self.driver.poll() is None, self.log.read_text()
        found: list[tuple[int, int]] = hold.begun()
        return found

    def interrupt(self) -> None:
        os.killpg(self.driver.pid, signal.SIGINT)

    def end(self) -> str:
        """What it said, once it has ended."""
        assert self.driver.wait(timeout=300) == 2, self.log.read_text()
        return self.log.read_text()

    def processes(self) -> list[psutil.Process]:
        """The processes of the session that are alive."""
        found = []
        for process in psutil.process_iter():
            try:
                if os.getsid(process.pid) == self.driver.pid and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
            except (psutil.Error, OSError):
                continue
        return found


@pytest.fixture
def start(tmp_path: Path, hold: Any) -> Iterator[Callable[[str], Run]]:
    runs: list[Run] = []

    def begin(engine: str) -> Run:
        runs.append(Run(tmp_path, hold.plugin, engine))
        return runs[-1]

    yield begin
    for run in runs:
        for process in run.processes():
            process.kill()


def done(run: Run) -> set[str]:
    """The OOD sets of the cells that are kept, whole."""
    store = Store(run.out)
    assert store.failures() == []
    for record in store.records():
        assert len(store.scores(record["key"]).ood_scores) == SIZES[record["row"]["ood"]]
    return {record["row"]["ood"] for record in store.records()}


@pytest.mark.parametrize("engine", ["processes", "dask"])
def test_once_lets_running_cells_finish_and_twice_stops_at_once(
    engine: str, start: Callable[[str], Run], hold: Any, until: Callable[..., None]
) -> None:
    run = start(engine)
    begun = run.begun(hold, until)
    run.interrupt()
    until(lambda: "press Ctrl-C again" in run.log.read_text())
    hold.let_go(begun[0][0])
    until(lambda: len(done(run)) == 1)
    until(lambda: len(list((run.out / "estimates").glob("*.npz"))) == 1)
    until(lambda: len(list(run.out.glob(".stop-*"))) == 1)
    run.interrupt()
    said = run.end()
    assert "Interrupted. What was done is kept; the same command goes on from there." in said
    assert "Traceback" not in said
    assert "Error" not in said.replace("Error: Interrupted", "")
    until(lambda: run.processes() == [])
    assert hold.begun() == begun, "nothing was begun after the first Ctrl-C"
    assert done(run) == {name for name, size in SIZES.items() if size == begun[0][0]}
    assert not list(run.out.rglob(".*.tmp")) + list(run.out.glob(".stop-*"))
    assert not [one for one in present(run.out) if one.is_alive]
    held = [Lease.holder(path) for path in Path(os.environ["BENCH_CACHE"]).rglob("*lease")]
    assert all(owner is not None and owner.has_ended() for owner in held), "they are taken over at once"
    hold.let_go(*SIZES.values())
    assert set(bench.run(**run.asked)["ood"]) == set(SIZES)


def test_once_is_enough(hold: Any, until: Callable[..., None], tmp_path: Path) -> None:
    """The driver is this process, so that less is loaded: it is asked as the signal asks it."""
    asked: dict[str, Any] = {"method": "held", "id": "digits", "plugin": hold.plugin, "device": "cpu", "out": tmp_path}
    asked |= {"ood": ["uniform", "gaussian"], "settings": SETTINGS}
    with ThreadPoolExecutor(1) as pool:
        run = pool.submit(bench.run, **asked, engine="processes", processes=1)
        until(lambda: hold.begun() or run.done())
        assert ask()
        until(lambda: list(tmp_path.glob(".stop-*")))
        hold.let_go(*SIZES.values())
        with pytest.raises(Interrupted):
            run.result(timeout=300)
    assert [size for size, _ in hold.begun()] == [40], "the running set is finished, and none begun"
    assert [record["row"]["ood"] for record in Store(tmp_path).records()] == ["uniform"]
    assert not list(tmp_path.glob(".stop-*"))
