"""Metrics of more scores than memory holds: exactly, by an external sort, or in one pass within bounds.

`evaluate_files` gives what `bench.metrics.evaluate` gives, bit for bit, in as much memory as it is allowed.
`estimate_files` reads each file once and gives bounds that the exact values lie within.
"""

from __future__ import annotations

from .bounds import Bounds
from .choose import sorting_memory
from .estimate import Estimate, estimate_files
from .evaluate import evaluate_files

__all__ = ["Bounds", "Estimate", "estimate_files", "evaluate_files", "sorting_memory"]
