"""What is left of results when their writers are killed; run `python benchmarks/store_faults.py`.

`--writers` processes write `--records` records into one folder, each record by two of them, while one after the other
is killed (SIGKILL) at random moments and started again. After each kill what was acknowledged last is read; at the end
every record and every score must be there, to the last byte. Then a write is stopped at each of its operations on
files in turn, by an error and by the end of the process (`os._exit`): the store must be readable each time, with the
old content or the new one, and no mixture. It ends with exit code 1 otherwise.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from bench.errors import BenchError
from bench.report import CellScores
from bench.store import Store
from bench.temporary import is_temporary

OPERATIONS = (
    (Path, "mkdir"), (Path, "open"), (Path, "write_text"), (Path, "stat"), (Path, "replace"), (Path, "unlink"),
    (os, "open"), (os, "fsync"), (os, "close"),
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--records", type=int, default=10_000)
    parser.add_argument("--writers", type=int, default=8)
    parser.add_argument("--pause", type=float, default=2.0, help="Seconds between two kills, on average.")
    parser.add_argument("--kills", type=int, default=200, help="After so many there are no more.")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--write", nargs=3, metavar=("FOLDER", "NUMBER", "RECORDS"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.write:
        write(Path(options.write[0]), int(options.write[1]), options.writers, int(options.write[2]))
        return
    with tempfile.TemporaryDirectory() as temporary:
        writers = Writers(Path(temporary) / "killed", options.writers, options.records)
        kills = writers.run(options.pause, options.kills, options.seed)
        check_all(Path(temporary) / "killed", options.records, kills)
        for way, stop in (("an error", fails), ("the end of the process", ends)):
            folder = Path(temporary) / way.replace(" ", "-")
            outcomes = stopped_everywhere(folder, stop)
            print(f"{len(outcomes)} operations, each stopped by {way}: {outcomes.count('new')} times the new content")


def key_of(number: int) -> str:
    """The key of a record."""
    return f"{number:032x}"


def record_of(number: int, version: int = 0) -> dict[str, Any]:
    """What stands in a record."""
    return {"cell": {"number": number}, "row": {"value": random.Random(number).random() + version}}


def scores_of(number: int, version: int = 0) -> CellScores:
    """The scores of a record."""
    stream = np.random.default_rng((number, version))
    return CellScores(stream.random(50), stream.random(40), stream.random(50) < 0.9)


def write(folder: Path, number: int, writers: int, records: int) -> None:
    """Write those of the records that are this writer's or its neighbour's, and say so of each."""
    store = Store(folder)
    for one in range(records):
        if one % writers in (number, (number + 1) % writers) and not store.has(key_of(one)):
            store.put(key_of(one), record_of(one), scores_of(one))
            print(one, flush=True)


class Writers:
    """Processes that write, and are killed."""

    def __init__(self, folder: Path, count: int, records: int) -> None:
        self.folder, self.count, self.records = folder, count, records
        self.acknowledged: list[int] = []
        self.has_written: set[int] = set()
        self.processes = [self._start(number) for number in range(count)]

    def run(self, pause: float, most: int, seed: int) -> int:
        """Kill one after the other, `most` at most, until all have come to their end; returns how many were killed."""
        stream, kills = random.Random(seed), 0
        while any(one.poll() is None for one in self.processes):
            time.sleep(stream.expovariate(1 / pause))
            # One that has only just been started would never get to write anything.
            at_it = [one for one, process in enumerate(self.processes) if process.pid in self.has_written]
            if kills == most or not at_it or self.processes[number := stream.choice(at_it)].poll() is not None:
                continue
            self.processes[number].send_signal(signal.SIGKILL)
            self.processes[number].wait()
            kills += 1
            for one in self.acknowledged[-50:]:
                check(Store(self.folder), one)
            self.processes[number] = self._start(number)
        return kills

    def _start(self, number: int) -> subprocess.Popen[str]:
        line = [sys.executable, __file__, "--writers", str(self.count)]
        line += ["--write", str(self.folder), str(number), str(self.records)]
        process = subprocess.Popen(line, stdout=subprocess.PIPE, text=True)
        threading.Thread(target=self._listen, args=(process,), daemon=True).start()
        return process

    def _listen(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        for text in process.stdout:
            self.acknowledged.append(int(text))
            self.has_written.add(process.pid)


def check(store: Store, number: int, versions: tuple[int, ...] = (0,)) -> int:
    """Which version of the record is there. Raises `AssertionError` unless it is whole, with its own scores."""
    found, scores = store.get(key_of(number)), store.scores(key_of(number))
    assert found is not None, f"record {number} is lost"
    for version in versions:
        if found["row"] == record_of(number, version)["row"]:
            expected = scores_of(number, version)
            assert all(np.array_equal(vars(scores)[name], array) for name, array in vars(expected).items())
            return version
    raise AssertionError(f"record {number} is torn: {found}")


def check_all(folder: Path, records: int, kills: int) -> None:
    """Print what is left after the kills. Raises `AssertionError` where that is not everything."""
    from bench.tending.rubbish import rubbish_in_run  # here, so that writers start fast

    store = Store(folder)
    for number in range(records):
        check(store, number)
    assert len(store.records()) == records
    left = {path for path in folder.rglob(".*") if is_temporary(path.name)}
    found = {one.path for one in rubbish_in_run(folder)}
    assert found == left, "bench gc finds what the dead left, and nothing else"
    print(f"{records:,} records by writers of which {kills} were killed: all there and whole")
    print(f"{len(left)} temporary files were left, all of them found by bench gc")


class Stop:
    """Replaces the operations on files: the one of this number, counted from 0, does not happen."""

    def __init__(self, number: int | None, stop: Callable[[], None]) -> None:
        self.number, self.stop, self.count = number, stop, 0
        self.before = [(owner, name, getattr(owner, name)) for owner, name in OPERATIONS]

    def __enter__(self) -> Stop:
        for owner, name, function in self.before:
            setattr(owner, name, self._watched(function))
        return self

    def __exit__(self, *_: object) -> None:
        for owner, name, function in self.before:
            setattr(owner, name, function)

    def _watched(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            self.count += 1
            if self.count - 1 == self.number:
                self.stop()
            return function(*arguments, **options)

        return call


def error() -> None:
    """What a disk says that has a fault."""
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def fails(folder: Path, number: int) -> None:
    """A put whose operation of that number fails."""
    with Stop(number, error), contextlib.suppress(BenchError, OSError):
        Store(folder).put(key_of(1), record_of(1, 1), scores_of(1, 1))


def ends(folder: Path, number: int) -> None:
    """A put in a process that ends at its operation of that number."""
    child = os.fork()
    if child == 0:
        with Stop(number, lambda: os._exit(9)):
            Store(folder).put(key_of(1), record_of(1, 1), scores_of(1, 1))
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9


def stopped_everywhere(folder: Path, stop: Callable[[Path, int], None]) -> list[str]:
    """What is there, old or new, after a put over a finished cell was stopped at each of its operations."""
    store = prepared(folder / "whole")
    with Stop(None, error) as watch:
        store.put(key_of(1), record_of(1, 1), scores_of(1, 1))
    outcomes = []
    for number in range(watch.count):
        store = prepared(folder / str(number))
        stop(store.folder, number)
        outcomes.append("new" if check(store, 1, (0, 1)) else "old")
        check(store, 0)
        assert len(store.records()) == 2
        store.put(key_of(1), record_of(1, 1), scores_of(1, 1))
        assert check(store, 1, (0, 1)) == 1
    assert set(outcomes) == {"old", "new"}
    # An operation may fail that only tidies up; then the others go on.
    assert stop is fails or outcomes == sorted(outcomes, reverse=True), "the old content, and then the new one"
    return outcomes


def prepared(folder: Path) -> Store:
    """A store with two cells, the second of which is going to be replaced, and a failure noted of that."""
    store = Store(folder)
    for number in (0, 1):
        store.put(key_of(number), record_of(number), scores_of(number))
    store.put_failure(key_of(1), {}, "it broke", "")
    return store


if __name__ == "__main__":
    main()
