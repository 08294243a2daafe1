"""Every OOD metric of two files of scores, exactly, in bounded memory: an external sort, then a walk from each end."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from bench.cache import cache_root
from bench.disk import disk_error
from bench.errors import BenchError
from bench.metrics import OODMetrics
from bench.metrics.evaluation import tie_warnings
from bench.metrics.inputs import checked_tpr
from bench.metrics.ranking import area
from bench.metrics.score_files import score_blocks

from .grid import Grid
from .merge import Counts, merged
from .runs import SortedSet, sort_to_disk
from .tally import StepTally

LEAST_MEMORY = 64 * 2**20
"""Bytes below which there is no room for blocks of a sensible size."""

_BLOCK = 2**20
_AHEAD = 2**19
"""Scores that are merged at a time, where memory allows: few enough for the processor's cache to help."""


def evaluate_files(
    id_scores: str | Path,
    ood_scores: str | Path,
    *,
    tpr: float = 0.95,
    memory: int = 2**30,
    scratch: str | Path | None = None,
) -> OODMetrics:
    """What `bench.metrics.evaluate` gives for the scores of two files (see `read_scores`), to the last bit.

    `memory` is what may be used, in bytes, beyond the 100 MB or so of Python and numpy themselves. Sorted copies, 8
    bytes a score, lie in a folder of their own below `scratch` meanwhile (default: below `$BENCH_CACHE`). Raises
    `BenchError` as `read_scores` and `evaluate` do, for too little memory, and where the disk cannot be written to.
    """
    checked_tpr(tpr)
    if memory < LEAST_MEMORY:
        raise BenchError(f"Merging scores needs at least {LEAST_MEMORY >> 20} MiB of memory, not {memory >> 20} MiB.")
    root = cache_root() / "scratch" if scratch is None else Path(scratch)
    try:
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="scores-", dir=root) as folder:
            run_size = memory // 16
            sets = [
                sort_to_disk(score_blocks(path, min(_BLOCK, run_size)), Path(folder) / name, run_size)
                for path, name in ((id_scores, "id"), (ood_scores, "ood"))
            ]
            return evaluate_sorted(sets[0], sets[1], tpr, _ahead(memory, len(sets[0].runs) + len(sets[1].runs)))
    except OSError as error:
        raise disk_error(f"Cannot write below {root}", error, "choose another folder with --scratch") from error


def _ahead(memory: int, runs: int) -> int:
    """Scores of each run that are merged at a time; counting a score takes up to 160 bytes for a moment."""
    return max(1, min(_AHEAD, memory // 256) // runs)


def evaluate_sorted(id_set: SortedSet, ood_set: SortedSet, tpr: float, ahead: int) -> OODMetrics:
    """All metrics from sorted sets, with `ahead` scores of each run in memory.

    OOD is positive from the smallest score up; ID from the largest down, which is OOD's way with the signs turned.
    """
    n_id, n_ood = id_set.size, ood_set.size
    lowest, highest = min(id_set.lowest, ood_set.lowest), max(id_set.highest, ood_set.highest)
    ood_steps, id_steps = StepTally(n_ood, n_id, (0.95, tpr)), StepTally(n_id, n_ood, (0.95, tpr))
    grid, ties = Grid(lowest, highest, n_id, n_ood), _Ties()
    for counts in merged(id_set.runs, ood_set.runs, ahead):
        ood_steps.add(counts.second, counts.first)
        grid.add(counts)
        ties.add(counts)
    for counts in merged(id_set.mirrored.runs, ood_set.mirrored.runs, ahead):
        id_steps.add(counts.first, counts.second)
    for steps in (ood_steps, id_steps):
        steps.finish()
    share = ties.scores / (n_id + n_ood)
    return OODMetrics(
        auroc=area(n_id * n_ood, id_steps.false_pairs(), ties.pairs),
        fpr_at_95_tpr=id_steps.fpr_at_tpr(0.95),
        fpr_at_95_tpr_ood=ood_steps.fpr_at_tpr(0.95),
        detection_error=id_steps.detection_error(),
        aupr_in=id_steps.average_precision(),
        aupr_out=ood_steps.average_precision(),
        fpr_at_95_tpr_band=grid.band_mean_fpr(),
        tpr=float(tpr),
        fpr_at_tpr=id_steps.fpr_at_tpr(tpr),
        fpr_at_tpr_ood=ood_steps.fpr_at_tpr(tpr),
        n_id=n_id,
        n_ood=n_ood,
        tie_share=share,
        warnings=tie_warnings(lowest, highest, share),
    )


class _Ties:
    """Pairs of an ID and an OOD score that are equal, and the scores that are in such pairs."""

    def __init__(self) -> None:
        self.pairs = self.scores = 0

    def add(self, counts: Counts) -> None:
        """Pass the next scores."""
        both = np.flatnonzero((counts.first > 0) & (counts.second > 0))
        first, second = counts.first[both], counts.second[both]
        self.pairs += int(np.dot(first, second))
        self.scores += int(first.sum() + second.sum())
