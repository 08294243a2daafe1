"""Workers and drivers that are killed at random moments: every cell is there once, as in a run that nothing disturbed.

    python benchmarks/engine_faults.py                      # ten repetitions of each scenario
    python benchmarks/engine_faults.py --scenario dask --repetitions 1 --methods 3

Each repetition is a run of its own, with an empty folder and an empty cache, so that networks are trained and images
extracted in it. The moments of the kills are numbers of finished cells, drawn by the seed: they do not depend on how
busy the machine is. Cells are compared in all columns but those of their cost.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

SCENARIOS = ("dask", "processes", "driver")
"""A worker of the engine of that name is killed twice; or the driver of the process engine, and started again."""

KILLS = 2
DEADLINE_SECONDS = 3600.0

_CHILD = """
import sys
from pathlib import Path
import torch
torch.set_num_threads(1)
import bench
from bench.method_contract import METHODS
from bench.running.rows import COST

if __name__ == "__main__":
    out, engine, processes, methods, seeds = sys.argv[1:]
    names = METHODS.names()[:: max(1, len(METHODS.names()) // int(methods))] if int(methods) else ["all"]
    frame = bench.run(
        [*names, "msp", "confidence"], id="digits-0to6", ood=["digits-7to9", "uniform", "gaussian"], device="cpu",
        seeds=int(seeds), settings={"recipe.epochs": 2, "uniform.count": 60, "gaussian.count": 60}, out=out,
        engine=engine, processes=int(processes) if engine != "serial" else None,
    )
    Path(out, "all-but-cost.csv").write_text(frame.drop(columns=list(COST)).to_csv(index=False))
"""


@dataclass(frozen=True)
class Grid:
    """How large the grid is: `methods` of them, or all if 0; with `seeds` networks of each objective."""

    methods: int
    seeds: int
    processes: int

    def start(self, folder: Path, engine: str) -> subprocess.Popen[bytes]:
        """A run into `folder`, with a cache of its own."""
        program = folder / "child.py"
        folder.mkdir(parents=True, exist_ok=True)
        program.write_text(_CHILD, encoding="utf-8")
        sizes = [str(self.processes), str(self.methods), str(self.seeds)]
        environment = {**os.environ, "BENCH_CACHE": str(folder / "cache"), "OMP_NUM_THREADS": "1"}
        with (folder / "log").open("ab") as log:
            command = [sys.executable, str(program), str(folder / "run"), engine, *sizes]
            return subprocess.Popen(command, stdout=log, stderr=log, env=environment)

    def reference(self, folder: Path) -> str:
        """What an undisturbed serial run says."""
        wait(self.start(folder, "serial"), folder)
        return result(folder)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--scenario", choices=SCENARIOS, action="append")
    arguments.add_argument("--repetitions", type=int, default=10)
    arguments.add_argument("--methods", type=int, default=0, help="about so many methods (0: all)")
    arguments.add_argument("--seeds", type=int, default=2)
    arguments.add_argument("--processes", type=int, default=4)
    arguments.add_argument("--seed", type=int, default=0, help="of the moments of the kills")
    chosen = arguments.parse_args()
    grid = Grid(chosen.methods, chosen.seeds, chosen.processes)
    with tempfile.TemporaryDirectory(prefix="engine-faults-") as folder:
        expected = grid.reference(Path(folder) / "serial")
        print(f"serial: {expected.count(chr(10)) - 1} cells", flush=True)
        for repetition in range(chosen.repetitions):
            for scenario in chosen.scenario or SCENARIOS:
                where = Path(folder) / f"{scenario}-{repetition}"
                print(
                    f"{repetition + 1}. {disturbed(scenario, grid, where, expected, chosen.seed + repetition)}",
                    flush=True,
                )


def disturbed(scenario: str, grid: Grid, folder: Path, expected: str, seed: int) -> str:
    """Run, kill, and compare; a line on it. Raises `AssertionError` where the result is not the serial one."""
    stream = random.Random(f"{scenario} {seed}")
    cells = expected.count("\n") - 1
    moments = sorted(stream.sample(range(int(0.9 * cells)), KILLS))
    engine = "processes" if scenario == "driver" else scenario
    started, killed = time.monotonic(), []
    driver = grid.start(folder, engine)
    for moment in moments:
        if not until(driver, folder, moment):
            break
        time.sleep(stream.uniform(0, 0.5))
        if scenario == "driver":
            orphans = workers(driver.pid)
            driver.kill()
            driver.wait()
            gone, alive = psutil.wait_procs(orphans, timeout=60)
            assert not alive, f"{len(alive)} workers outlive their driver"
            killed.append(f"the driver of {len(gone)} workers after {count(folder)} cells")
            driver = grid.start(folder, engine)
        else:
            at_hand = workers(driver.pid)
            if at_hand:
                stream.choice(at_hand).kill()
                killed.append(f"a worker after {count(folder)} cells")
    wait(driver, folder)
    assert result(folder) == expected, f"not the serial result: {folder}"
    assert count(folder) == cells, f"{count(folder)} records of {cells} cells"
    assert not list((folder / "run" / "failures").glob("*.json")), f"failures in {folder}"
    assert killed, "nothing was killed"
    return f"{scenario}: killed {' and '.join(killed)}; {cells} cells as in serial, {time.monotonic() - started:.0f} s"


def until(driver: subprocess.Popen[bytes], folder: Path, cells: int) -> bool:
    """Wait until so many cells are done and there are workers; False where the run has ended before."""
    for _ in waiting():
        if driver.poll() is not None:
            return False
        if count(folder) >= cells and workers(driver.pid):
            return True
    return False


def workers(driver: int) -> list[psutil.Process]:
    """The worker processes of a driver: spawned ones, and those that are forked off a server of the driver's."""
    try:
        children = psutil.Process(driver).children(recursive=True)
        called = {one.pid: " ".join(one.cmdline()) for one in children}
        servers = {pid for pid, words in called.items() if "forkserver" in words}
        return [one for one in children if "spawn_main" in called[one.pid] or one.ppid() in servers]
    except psutil.Error:
        return []


def wait(driver: subprocess.Popen[bytes], folder: Path) -> None:
    """Wait for a run's end; what it said is the error where that is a bad one."""
    if driver.wait(timeout=DEADLINE_SECONDS) != 0:
        raise AssertionError((folder / "log").read_text(encoding="utf-8", errors="replace")[-4000:])


def waiting() -> Iterator[None]:
    end = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < end:
        time.sleep(0.05)
        yield


def count(folder: Path) -> int:
    """How many cells are in the store."""
    return len(list((folder / "run" / "cells").glob("*.json")))


def result(folder: Path) -> str:
    """The rows of a run, in all columns but those of their cost."""
    return (folder / "run" / "all-but-cost.csv").read_text(encoding="utf-8")


if __name__ == "__main__":
    main()
