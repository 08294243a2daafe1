"""How sure the figures of finished cells are: computed once from their scores, kept beside them, found again.

`estimates/KEY.npz` holds the interval of each metric and its values in resamples of the images, which tests between
methods need. It can be deleted; and it counts only for the scores that it was computed from.
"""

from __future__ import annotations

import os
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.atomic import write_atomically
from bench.errors import BenchError
from bench.names import require_key
from bench.progress import Progress, say
from bench.sealed import DamagedFileError
from bench.statistics import METRICS, RESAMPLES, Estimated, Interval, estimate
from bench.store import Store

from .rows import interval_columns

FOLDER = "estimates"
VERSION = 3
"""Raised when a change of the statistics alters intervals or resamples."""


def with_intervals(rows: Sequence[dict[str, Any]], folder: Path) -> list[dict[str, Any]]:
    """The rows with the ends of the 95 % interval of each metric; None where it is undefined or the scores are gone."""
    estimates = Estimates(Store(folder))
    estimates.prepare([row["key"] for row in rows])
    return [{**row, **_columns(estimates.find(row["key"]))} for row in rows]


class Estimates:
    """The estimates of the cells in a store. New ones are written beside them unless told not to `keep` them."""

    def __init__(self, store: Store, *, keep: bool = True) -> None:
        self.store, self.keep = store, keep
        self._found: dict[str, Estimated | None] = {}

    def prepare(self, keys: Sequence[str]) -> None:
        """Compute what is not kept, several cells at a time: numpy leaves the interpreter free meanwhile."""
        missing = [key for key in dict.fromkeys(keys) if not self._path(key).exists()]
        progress = Progress("Intervals", len(missing))
        with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
            for done, _ in enumerate(pool.map(self.find, missing), 1):
                progress.update(done)

    def find(self, key: str) -> Estimated | None:
        """The estimates of one cell, None where its scores are gone or damaged."""
        if key not in self._found:
            self._found[key] = self._kept_or_new(key)
        return self._found[key]

    def replicates(self, key: str) -> NDArray[np.float64] | None:
        """The metrics of resamples of one cell, None where they are not known."""
        found = self.find(key)
        return None if found is None else found.replicates

    def _path(self, key: str) -> Path:
        return self.store.folder / FOLDER / f"{require_key(key)}.npz"

    def _kept_or_new(self, key: str) -> Estimated | None:
        try:
            scores = self.store.scores(key)
        except DamagedFileError as error:
            say(f"Warning: {error}")
            return None
        except BenchError:  # whoever needs the scores themselves will be told
            return None
        origin = sha256(scores.id_scores.tobytes() + b"|" + scores.ood_scores.tobytes()).hexdigest()
        kept = _read(self._path(key), origin)
        if kept is None:
            kept = estimate(scores.id_scores, scores.ood_scores)
            if self.keep:
                _write(self._path(key), kept, origin)
        return kept


def _columns(found: Estimated | None) -> Mapping[str, float | None]:
    return interval_columns(
        {name: (one.low, one.high) if one else None for name, one in found.intervals.items()} if found else {}
    )


def _write(path: Path, found: Estimated, origin: str) -> None:
    ends = [(one.low, one.high) if one else (np.nan, np.nan) for one in found.intervals.values()]
    arrays = {
        "version": np.array(VERSION),
        "origin": np.array(origin),
        "ends": np.array(ends),
        "replicates": found.replicates.astype(np.float32),
    }

    def save(temporary: Path) -> None:
        with temporary.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)

    write_atomically(path, save)


def _read(path: Path, origin: str) -> Estimated | None:
    """What is kept at `path`; None where that is missing, damaged, of another version or of other scores."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            ends, replicates = arrays["ends"], arrays["replicates"].astype(np.float64)
            if int(arrays["version"]) != VERSION or str(arrays["origin"]) != origin:
                return None
    except (OSError, ValueError, KeyError, EOFError, TypeError, zipfile.BadZipFile, zlib.error):
        return None
    if ends.shape != (len(METRICS), 2) or replicates.shape != (RESAMPLES, len(METRICS)):
        return None
    intervals = {
        name: None if np.isnan(low) else Interval(float(low), float(high))
        for name, (low, high) in zip(METRICS, ends, strict=True)
    }
    return Estimated(intervals, replicates)
