"""How sure a figure is, and whether two differ: intervals, paired tests, corrections, ranks over many pairs.

Everything is computed from per-image scores, larger = more in-distribution, or from figures over seeds or pairs. What
the intervals promise was measured by simulation: `docs/statistics.md`.
"""

from __future__ import annotations

from .auroc_interval import auroc_interval
from .bootstrap import RESAMPLES, bootstrap
from .bootstrap_interval import metric_interval, percentile_interval
from .delong import Placements, covariance
from .interval import CONFIDENCE, Interval
from .intervals import Estimated, estimate
from .multiple import best_group, holm
from .over_seeds import Spread, compare_over_seeds, hierarchical_interval
from .paired import (
    Difference,
    bootstrap_test,
    delong_test,
    difference_of,
    smallest_difference,
    unpaired_delong_test,
    variance_of_differences,
)
from .ranks import RankComparison, compare_ranks
from .rate_interval import fpr_interval
from .rate_test import fpr_test, refined_by_swaps
from .resampled import METRICS

__all__ = [
    "CONFIDENCE",
    "METRICS",
    "RESAMPLES",
    "Difference",
    "Estimated",
    "Interval",
    "Placements",
    "RankComparison",
    "Spread",
    "auroc_interval",
    "best_group",
    "bootstrap",
    "bootstrap_test",
    "compare_over_seeds",
    "compare_ranks",
    "covariance",
    "delong_test",
    "difference_of",
    "estimate",
    "fpr_interval",
    "fpr_test",
    "hierarchical_interval",
    "holm",
    "metric_interval",
    "percentile_interval",
    "refined_by_swaps",
    "smallest_difference",
    "unpaired_delong_test",
    "variance_of_differences",
]
