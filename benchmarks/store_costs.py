"""What it costs to look at a results folder of 20,000 cells; run `python benchmarks/store_costs.py`.

The cells are copies of a real one, that of a run of `brightness` on the embedded digits, under other keys, methods and
data sets, with scores and all. What is printed is processor time, which a busy machine changes least; that of commands
is that of their process from its start. The aim: `bench status` within 2 s with an index.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import bench
from bench.canonical import content_key
from bench.extraction.sound import file_checksum
from bench.running.asked import FOLDER, Planned
from bench.sealed import sealed_text, write_sealed
from bench.store import SCHEMA, Store

AIM = 2.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--cells", type=int, default=20_000)
    parser.add_argument("--done", type=float, default=0.9, help="Share of the cells asked for that are done.")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "run"
        build(folder, options.cells, options.done)
        report(folder)


def report(folder: Path) -> None:
    """Print what the operations cost."""
    store = Store(folder)
    count = len(store.keys())
    print(f"{count:,} cells done, {sum(path.stat().st_size for path in (folder / 'cells').iterdir()) / 1e6:.0f} MB")
    for known in (True, False):
        set_keys(folder, known=known)
        words = "keys known when the run began" if known else "networks not trained when the run began"
        print(f"bench status, no index, {words}: {command(folder, 'status'):.2f} s")
    print(f"records(), no index: {seconds(store.records):.2f} s")
    print(f"index(), all anew: {seconds(store.index):.2f} s, {(folder / 'index.sqlite').stat().st_size / 1e6:.0f} MB")
    print(f"records(), index: {seconds(store.records):.2f} s")
    for known in (True, False):
        set_keys(folder, known=known)
        words = "keys known when the run began" if known else "networks not trained when the run began"
        print(f"bench status, index, {words}: {command(folder, 'status'):.2f} s (the aim is {AIM:g})")
    print(f"keys(): {1000 * seconds(store.keys):.0f} ms")
    keys = sorted(store.keys())
    print(f"has(), each cell: {1e6 * seconds(lambda: [store.has(key) for key in keys]) / count:.1f} µs")
    print(f"put(), each cell, flushed to the disk: {1000 * puts(folder):.2f} ms, waiting for the disk included")
    checksums(folder)


def puts(folder: Path, count: int = 200) -> float:
    """Seconds by the wall clock of one put."""
    store, record = Store(folder), Store(folder).records()[0]
    scores = store.scores(record["key"])
    started = time.perf_counter()
    for number in range(count):
        store.put(f"{number:032d}", record, scores)
    return (time.perf_counter() - started) / count


def checksums(folder: Path) -> None:
    """Print what it costs to check an array of extracted outputs before it is used."""
    path = folder / "features.npy"
    np.save(path, np.random.default_rng(0).standard_normal((125_000, 512), dtype=np.float32))
    read = min(seconds(path.read_bytes) for _ in range(3))
    used = min(seconds(lambda: np.load(path, mmap_mode="r").sum()) for _ in range(3))
    checked = min(seconds(lambda: file_checksum(path)) for _ in range(3))
    size = path.stat().st_size / 1e6
    print(
        f"an array of {size:.0f} MB: reading {1000 * read:.0f} ms, summing up {1000 * used:.0f} ms, "
        f"checking, once a process, {1000 * checked:.0f} ms ({size / checked / 1000:.1f} GB/s)"
    )


def build(folder: Path, cells: int, done: float) -> None:
    """A folder that was asked for so many cells, and a share of them."""
    with tempfile.TemporaryDirectory() as cache:
        os.environ["BENCH_CACHE"] = cache
        bench.run("brightness", id="digits", ood="uniform", out=folder)
    store = Store(folder)
    [record] = store.records()
    scores = (folder / "scores" / f"{record['key']}.npz").read_bytes()
    planned = []
    for number in range(cells):
        copy = renamed(record, number)
        one = {name: copy["row"][name] for name in ("method", "id", "ood", "network", "seed")}
        planned.append(Planned(slot=copy["slot"], key=copy["key"], **one, need="no network"))
        if number < done * cells:
            (folder / "cells" / f"{copy['key']}.json").write_text(sealed_text(SCHEMA, copy))
            (folder / "scores" / f"{copy['key']}.npz").write_bytes(scores)
    for path in (folder / "cells" / f"{record['key']}.json", folder / "scores" / f"{record['key']}.npz"):
        path.unlink()
    [path] = (folder / FOLDER).glob("*.json")
    asked = json.loads(path.read_text())
    content = {**asked, "cells": [one.to_list() for one in planned]}
    del content["seal"]
    write_sealed(path, SCHEMA, content)
    time.sleep(0.2)  # else the last records were written too short ago to be indexed


def renamed(record: dict[str, Any], number: int) -> dict[str, Any]:
    """The record as if it were of another method and OOD set."""
    names = {"method": f"method {number % 100}", "ood": f"set {number // 100}"}
    cell = {**record["cell"], "method": names["method"], "ood": [names["ood"], record["cell"]["ood"][1]]}
    key, slot = content_key(cell), content_key([cell])
    return {**record, "key": key, "slot": slot, "cell": cell, "row": {**record["row"], **names, "key": key}}


def set_keys(folder: Path, *, known: bool) -> None:
    """Let the keys of the cells asked for be known, or their slots alone."""
    [path] = (folder / FOLDER).glob("*.json")
    asked = json.loads(path.read_text())
    by_slot = {} if not known else {record["slot"]: record["key"] for record in Store(folder).records()}
    asked["cells"] = [[slot, by_slot.get(slot, ""), *names] for slot, _, *names in asked["cells"]]
    del asked["seal"]
    write_sealed(path, SCHEMA, asked)


def command(folder: Path, name: str) -> float:
    """Processor seconds of a command in a process of its own."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-m", "bench", name, str(folder)], capture_output=True, text=True, check=True
    )
    assert "done" in done.stdout, done.stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def seconds(act: Callable[[], object]) -> float:
    """Processor seconds of this process."""
    started = time.process_time()
    act()
    return time.process_time() - started


if __name__ == "__main__":
    main()
