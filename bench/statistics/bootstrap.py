"""Every metric of many resamples of one pair of sets, from one sort.

Sorting the scores once is enough: a resample is a number of times that each score occurs, and sums of these numbers
along the order are all that the metrics need. Each resample has its own thresholds, as a new pair of sets would have.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bench.metrics.inputs import FloatArray

from .layout import Layout
from .resampled import METRICS, Workspace
from .resampling import resample_counts

RESAMPLES = 1000


def bootstrap(
    id_scores: npt.ArrayLike, ood_scores: npt.ArrayLike, *, resamples: int = RESAMPLES, seed: int = 0
) -> FloatArray:
    """The metrics of each resample, `(resamples, 7)` with the columns of `METRICS`; NaN where one is undefined.

    Scores: finite, larger = more in-distribution, shapes (n,) and (m,). ID and OOD scores are resampled apart, so that
    n and m stay. Each figure is what `bench.metrics.evaluate` gives for the resample, areas to about 1e-6. Row k of two
    methods with n and m scores each stands for the same images. Raises `BenchError` as `evaluate` does.
    """
    layout = Layout.of(id_scores, ood_scores)
    space = Workspace(layout)
    found = np.empty((resamples, len(METRICS)))
    done = 0
    of_id = resample_counts(layout.n_id, resamples, seed, "bootstrap", "id")
    of_ood = resample_counts(layout.n_ood, resamples, seed, "bootstrap", "ood")
    for id_counts, ood_counts in zip(of_id, of_ood, strict=True):
        block = found[done : done + len(id_counts)]
        for start in range(0, len(block), space.rows):
            part = slice(start, start + space.rows)
            block[part] = space.metrics(id_counts[part], ood_counts[part])
        block[:, -1] = space.band.take_mean_fpr()
        done += len(block)
    return found
