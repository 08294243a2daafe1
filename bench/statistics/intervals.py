"""The intervals of all metrics of one pair of sets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.metrics import evaluate
from bench.metrics.inputs import FloatArray

from .auroc_interval import auroc_interval
from .bootstrap import RESAMPLES, bootstrap
from .bootstrap_interval import metric_interval
from .interval import CONFIDENCE, Interval
from .rate_interval import fpr_interval
from .resampled import METRICS


@dataclass(frozen=True)
class Estimated:
    """The interval of each metric of `METRICS` by name, None where undefined, and the `replicates` `(resamples, 7)`."""

    intervals: dict[str, Interval | None]
    replicates: FloatArray


def estimate(
    id_scores: npt.ArrayLike,
    ood_scores: npt.ArrayLike,
    *,
    confidence: float = CONFIDENCE,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Estimated:
    """The intervals of all metrics: DeLong's for the AUROC, from a stratified bootstrap, with thresholds of their own
    in each resample, for the others.

    Scores: finite, larger = more in-distribution, shapes (n,) and (m,). Raises `BenchError` as
    `bench.metrics.evaluate` does, and for a confidence outside (0, 1).
    """
    metrics = evaluate(id_scores, ood_scores)
    replicates = bootstrap(id_scores, ood_scores, resamples=resamples, seed=seed)
    found = {
        name: metric_interval(name, metrics, replicates[:, place], confidence) for place, name in enumerate(METRICS)
    }
    ids, oods = np.asarray(id_scores, np.float64), np.asarray(ood_scores, np.float64)
    found |= {
        "auroc": auroc_interval(ids, oods, confidence=confidence),
        "fpr_at_95_tpr": fpr_interval(ids, oods, confidence=confidence),
        "fpr_at_95_tpr_ood": fpr_interval(-oods, -ids, confidence=confidence),
    }
    return Estimated(found, replicates)
