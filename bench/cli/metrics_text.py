"""Metrics and their bounds as text: a table of percent, JSON, or one row of CSV."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from bench.metrics import OODMetrics
    from bench.out_of_core import Bounds, Estimate

T = TypeVar("T")

_BAND = "FPR at 95 % TPR, ID positive, mean over 94.95-95.05 %"


def json_text(row: Mapping[str, Any]) -> str:
    """A row as indented JSON."""
    return json.dumps(row, indent=2)


def csv_text(row: Mapping[str, Any]) -> str:
    """A row as a header and a line of CSV."""
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(row), lineterminator="\n")
    writer.writeheader()
    writer.writerow(row)
    return text.getvalue().rstrip("\n")


def flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row with bounds as columns of their own, `NAME`, `NAME_low` and `NAME_high`, and its warnings in one cell."""
    cells: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, dict):
            cells |= {name: value["value"], f"{name}_low": value["low"], f"{name}_high": value["high"]}
        else:
            cells[name] = "; ".join(value) if isinstance(value, list) else value
    return cells


def metrics_table(result: OODMetrics) -> str:
    """A line for each metric, in percent."""
    lines: list[tuple[str, float | None]] = [*_lines(result, lambda name: getattr(result, name))]
    place = next(place for place, (name, _) in enumerate(lines) if name == "Detection error")
    lines.insert(place, (_BAND, result.fpr_at_95_tpr_band))
    return _table(result, [(name, f"{_percent(value):>10}") for name, value in lines])


def estimate_table(estimate: Estimate) -> str:
    """A line for each metric: its bounds' middle in percent, and how far from it the metric can be at most."""
    lines: list[tuple[str, Bounds]] = _lines(estimate, lambda name: getattr(estimate, name))
    shown = [(name, f"{100 * bounds.value:>10.4f} % ± {_rounded_up(100 * bounds.error)}") for name, bounds in lines]
    return _table(estimate, shown)


def _lines(found: OODMetrics | Estimate, read: Callable[[str], T]) -> list[tuple[str, T]]:
    """What each metric is called, and the metric."""
    names = [("AUROC", "auroc"), *_rates("95", "fpr_at_95_tpr")]
    if found.tpr != 0.95:
        names += _rates(f"{100 * found.tpr:.10g}", "fpr_at_tpr")
    names += [
        ("Detection error", "detection_error"),
        ("AUPR, ID positive", "aupr_in"),
        ("AUPR, OOD positive", "aupr_out"),
        ("Scores tied with the other set", "tie_share"),
    ]
    return [(name, read(field)) for name, field in names]


def _rates(percent: str, field: str) -> list[tuple[str, str]]:
    return [
        (f"FPR at {percent} % TPR, ID positive", field),
        (f"FPR at {percent} % TPR, OOD positive", f"{field}_ood"),
    ]


def _table(found: OODMetrics | Estimate, lines: list[tuple[str, str]]) -> str:
    width = max(len(name) for name, _ in lines)
    counts = f"{found.n_id:,} ID scores, {found.n_ood:,} OOD scores"
    return "\n".join([counts, *(f"{name:<{width}}  {value}" for name, value in lines)])


def _percent(fraction: float | None) -> str:
    return "undefined" if fraction is None else f"{100 * fraction:.2f} %"


def _rounded_up(percent: float) -> str:
    """Four decimals that are no smaller, with what the middle's own four decimals leave out."""
    return f"{math.ceil(1e4 * percent + 0.5) / 1e4:.4f}"
