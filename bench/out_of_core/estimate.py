"""Bounds of OOD metrics from one pass over two files of scores."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from bench.metrics import fpr_name
from bench.metrics.inputs import FloatArray, checked_tpr
from bench.metrics.score_files import score_blocks

from .bins import Bins
from .bounds import BinnedSteps, Bounds

_BLOCK = 2**20
_BINS = 2**16
_PIECES, _PIECE = 512, 1024
"""How many places of a file the borders of bins are taken from, and how many scores of each."""


@dataclass(frozen=True)
class Estimate:
    """Bounds of the metrics of n ID scores against m OOD scores, called as in `OODMetrics`.

    What `evaluate` gives is never outside; the banded rate is not estimated.
    """

    auroc: Bounds
    fpr_at_95_tpr: Bounds
    fpr_at_95_tpr_ood: Bounds
    detection_error: Bounds
    aupr_in: Bounds
    aupr_out: Bounds
    tie_share: Bounds
    tpr: float
    fpr_at_tpr: Bounds
    fpr_at_tpr_ood: Bounds
    n_id: int
    n_ood: int

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: of each metric `value`, the middle of its bounds, and `low` and `high`."""
        names = {"fpr_at_tpr": fpr_name(self.tpr), "fpr_at_tpr_ood": f"{fpr_name(self.tpr)}_ood"}
        found = {names.get(one.name, one.name): getattr(self, one.name) for one in fields(self) if one.name != "tpr"}
        return {
            name: {"value": one.value, "low": one.low, "high": one.high} if isinstance(one, Bounds) else one
            for name, one in found.items()
        }


def estimate_files(id_scores: str | Path, ood_scores: str | Path, *, tpr: float = 0.95, bins: int = _BINS) -> Estimate:
    """Bounds of what `evaluate_files` gives, from reading each file once, in some 100 MB whatever their size.

    Scores are counted in about 2 x `bins` bins; their borders are scores from places all over a `.npy` file, and from
    the beginning of others. Borders that fit badly widen the bounds; they never make them wrong. Raises `BenchError`
    as `read_scores` does.
    """
    checked_tpr(tpr)
    paths = Path(id_scores), Path(ood_scores)
    borders = Bins.from_sample(np.concatenate([_sample(path) for path in paths]), bins)
    id_blocks, ood_blocks = (score_blocks(path, _BLOCK) for path in paths)
    return estimate_blocks(borders, id_blocks, ood_blocks, tpr)


def estimate_blocks(
    bins: Bins, id_blocks: Iterable[FloatArray], ood_blocks: Iterable[FloatArray], tpr: float
) -> Estimate:
    """Bounds from blocks of scores, counted in `bins`; see `estimate_files`."""
    id_counts, ood_counts = bins.count(id_blocks), bins.count(ood_blocks)
    ood_steps = BinnedSteps(ood_counts, id_counts, bins.single)
    id_steps = ood_steps.flipped
    return Estimate(
        auroc=id_steps.auroc(),
        fpr_at_95_tpr=id_steps.fpr_at_tpr(0.95),
        fpr_at_95_tpr_ood=ood_steps.fpr_at_tpr(0.95),
        detection_error=id_steps.detection_error(),
        aupr_in=id_steps.average_precision(),
        aupr_out=ood_steps.average_precision(),
        tie_share=id_steps.tie_share(),
        tpr=float(tpr),
        fpr_at_tpr=id_steps.fpr_at_tpr(tpr),
        fpr_at_tpr_ood=ood_steps.fpr_at_tpr(tpr),
        n_id=int(id_counts.sum()),
        n_ood=int(ood_counts.sum()),
    )


def _sample(path: Path) -> FloatArray:
    first = next(score_blocks(path, _PIECES * _PIECE))
    if path.suffix.lower() != ".npy" or first.size < _PIECES * _PIECE:
        return first
    try:
        stored: np.memmap[Any, Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    except ValueError:  # the file is shorter than it says: the pass tells of it
        return first
    # Single reads: each look at a memory-mapped file may bring two megabytes of it into memory.
    starts = np.linspace(0, stored.size - _PIECE, _PIECES).astype(np.intp)
    places = (stored.offset + stored.itemsize * starts).tolist()
    pieces = [np.fromfile(path, stored.dtype, _PIECE, offset=place) for place in places]
    sample = np.concatenate(pieces).astype(np.float64)
    return sample[np.isfinite(sample)]
