"""What engines cost: a driver's work for each cell, a run with nothing to do, and four processes against one.

    python benchmarks/engine_costs.py overhead      # 20,000 tasks of one cell each, that a stub answers at once
    python benchmarks/engine_costs.py nothing       # the same `bench run` again, when all of its cells are there
    python benchmarks/engine_costs.py parallel      # serial, then --processes 4, each with an empty folder and cache

Seconds are by the wall clock and of the processor, with those of child processes: on a busy machine only the latter,
and ratios of the same call, say something.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.engine import ENGINES, EngineOptions
from bench.running.driver import Driver
from bench.running.part import Part
from bench.running.part_work import PartReport
from bench.running.preparation import Preparation
from bench.running.specification import RunSpecification
from bench.running.work import Work
from bench.running.worker import Task

CELLS = 20_000
OOD = ("digits-7to9", "glyphs", "glyphs-matched", "gaussian", "uniform", "photos")


@dataclass(frozen=True)
class Spent:
    """Seconds by the wall clock, and of the processor with its children."""

    wall: float
    processor: float

    def __str__(self) -> str:
        return f"{self.wall:.1f} s by the clock, {self.processor:.1f} s of the processor"


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("what", choices=("overhead", "nothing", "parallel"))
    arguments.add_argument("--cells", type=int, default=CELLS)
    arguments.add_argument("--processes", type=int, default=4)
    arguments.add_argument("--methods", default="all")
    arguments.add_argument("--epochs", type=int, default=10)
    arguments.add_argument("--seeds", type=int, default=1)
    chosen = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="engine-costs-") as folder:
        if chosen.what == "overhead":
            overhead(Path(folder), chosen.cells, chosen.processes)
        else:
            options = [f"--method={chosen.methods}", f"--set=recipe.epochs={chosen.epochs}", f"--seeds={chosen.seeds}"]
            (nothing if chosen.what == "nothing" else parallel)(Path(folder), options, chosen.processes)


def stub(task: Task) -> PartReport:
    """Stands for the work."""
    return PartReport((str(task.part.ood[0]),), ())


class Unfound(Driver):
    """A driver to which no part is found done, and whose workers do nothing."""

    function = staticmethod(stub)

    def _found(self, part: Part) -> PartReport | None:
        del part
        return None


def overhead(folder: Path, cells: int, processes: int) -> None:
    """The driver's time for a task when nothing is to do in it: cutting, pickling, pipes, counting, telling."""
    specification = RunSpecification(method=("msp",), id="digits", ood=("uniform",), device="cpu", out=folder)
    work = Work(Preparation(specification))
    parts = [Part("convnet", (f"set {number}",), ("msp",)) for number in range(cells)]
    engine = ENGINES.get("processes")(EngineOptions(processes=processes, share_devices=False))
    with engine:
        for future in [engine.submit(str, number) for number in range(processes)]:
            future.result()  # the processes have started
        started, before = time.perf_counter(), time.process_time()
        with Path(os.devnull).open("w") as nowhere:
            sys.stderr, kept = nowhere, sys.stderr
            reports = Unfound(work, engine).do(parts)
            sys.stderr = kept
        wall, own = time.perf_counter() - started, time.process_time() - before
    assert [report.keys[0] for report in reports] == [part.ood[0] for part in parts]
    print(f"{cells:,} tasks: {1000 * wall / cells:.2f} ms each by the clock, {1000 * own / cells:.2f} ms of the driver")


def nothing(folder: Path, options: Sequence[str], processes: int) -> None:
    """The command again, with each engine, when everything is there."""
    first = bench_run(folder, "run", options)
    cells = len(list((folder / "run" / "cells").glob("*.json")))
    print(f"first: {cells} cells, {first}", flush=True)
    for engine in ([], ["--engine=processes", f"--processes={processes}"]):
        print(f"again {' '.join(engine)}: {bench_run(folder, 'run', [*options, *engine])}", flush=True)


def parallel(folder: Path, options: Sequence[str], processes: int) -> None:
    """Serial against processes, each from nothing, on the cores that this process may use."""
    usable = len(os.sched_getaffinity(0))
    serial = bench_run(folder / "serial", "run", options)
    print(f"serial on {usable} cores: {serial}", flush=True)
    several = bench_run(folder / "several", "run", [*options, "--engine=processes", f"--processes={processes}"])
    # Workers are children of a server: what they take of the processor is not known here.
    print(f"{processes} processes: {several.wall:.1f} s by the clock, {several.wall / serial.wall:.2f} times as long")


def bench_run(folder: Path, name: str, options: Sequence[str]) -> Spent:
    """`bench run` with a cache of its own in the folder."""
    folder.mkdir(exist_ok=True)
    sets = [f"--ood={one}" for one in OOD]
    command = [sys.executable, "-m", "bench", "run", "--id=digits-0to6", *sets, "--device=cpu", *options]
    environment = {**os.environ, "BENCH_CACHE": str(folder / "cache")}
    started, before = time.perf_counter(), processor_of_children()
    done = subprocess.run([*command, f"--out={folder / name}"], capture_output=True, env=environment, check=False)
    if done.returncode:
        sys.exit(done.stderr.decode())
    return Spent(time.perf_counter() - started, processor_of_children() - before)


def processor_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
