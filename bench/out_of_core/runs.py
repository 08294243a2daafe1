"""Sorted runs: pieces of a set of scores, each as large as memory allows, sorted and kept on disk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from bench.disk import disk_error
from bench.metrics.inputs import FloatArray

_BYTES = 8


@dataclass(frozen=True)
class Run:
    """`size` ascending float64 scores, which begin at the score `start` of a file.

    Mirrored, it shows their negatives, which ascend from the other end.
    """

    path: Path
    start: int
    size: int
    mirrored: bool = False

    def read(self, first: int, count: int) -> FloatArray:
        """The scores at `first` and after it, `count` of them or as many as there are."""
        count = min(count, self.size - first)
        if not self.mirrored:
            return self._stored(first, count)
        return -self._stored(self.size - first - count, count)[::-1]

    def _stored(self, first: int, count: int) -> FloatArray:
        return np.fromfile(self.path, np.float64, count, offset=_BYTES * (self.start + first))


@dataclass(frozen=True)
class SortedSet:
    """A set of scores as sorted runs, with its size and range."""

    runs: tuple[Run, ...]
    size: int
    lowest: float
    highest: float

    @property
    def mirrored(self) -> SortedSet:
        """The set of the negated scores."""
        runs = tuple(replace(run, mirrored=not run.mirrored) for run in self.runs)
        return SortedSet(runs, self.size, -self.highest, -self.lowest)


def sort_to_disk(blocks: Iterator[FloatArray], path: Path, run_size: int) -> SortedSet:
    """Write the scores of `blocks`, at least one, to the file `path` as runs of `run_size`; -0.0 becomes 0.0.

    A block has at most `run_size` scores. Raises `BenchError` where the disk cannot be written to.
    """
    room, filled, runs = np.empty(run_size, np.float64), 0, list[Run]()
    lows, highs = list[float](), list[float]()

    def write() -> None:
        run = room[:filled]
        run += 0.0
        run.sort()
        run.tofile(file)
        runs.append(Run(path, sum(one.size for one in runs), filled))
        lows.append(float(run[0]))
        highs.append(float(run[-1]))

    try:
        with path.open("wb") as file:
            for block in blocks:
                if filled + block.size > run_size:
                    write()
                    filled = 0
                room[filled : filled + block.size] = block
                filled += block.size
            write()
    except OSError as error:
        raise disk_error(f"Cannot write {path}", error, "choose another folder with --scratch") from error
    return SortedSet(tuple(runs), sum(run.size for run in runs), min(lows), max(highs))
