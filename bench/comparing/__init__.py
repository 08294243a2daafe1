"""What changed between two runs, and which differences are real; and whether a run can be computed again."""

from __future__ import annotations

from .compare import Comparison, compare_runs
from .conditions import Condition, parse_condition
from .verify import Verification, verify_run

__all__ = [
    "Comparison",
    "Condition",
    "Verification",
    "compare_runs",
    "parse_condition",
    "verify_run",
]
