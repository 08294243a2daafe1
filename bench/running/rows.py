"""A row: the metrics of one cell, with everything a reader must know of how it came about."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from bench.data.transform import InputTransform
from bench.data.transform_words import transform_words
from bench.suites.record import SuiteRecord

from .sound_rows import require_sound_row

if TYPE_CHECKING:
    import pandas as pd

METRICS = (
    "auroc",
    "fpr_at_95_tpr",
    "fpr_at_95_tpr_ood",
    "detection_error",
    "aupr_in",
    "aupr_out",
    "fpr_at_95_tpr_band",
)
"""The columns of metrics that have an interval."""

INTERVALS = tuple(f"{name}_{end}" for name in METRICS for end in ("low", "high"))
"""The columns of the ends of these intervals."""

COLUMNS = (
    "method",
    "id",
    "ood",
    "group",
    "network",
    "objective",
    "seed",
    "protocol",
    "parameters",
    "n_id",
    "n_ood",
    "id_accuracy",
    "shifted",
    *METRICS,
    "tie_share",
    *INTERVALS,
    "fit_seconds",
    "microseconds_per_image",
    "microseconds_of_earlier_passes",
    "peak_memory_mb",
    "state_bytes",
    "precision",
    "transform",
    "tuned_on",
    "network_note",
    "id_note",
    "ood_note",
    "warnings",
    "weights",
    "key",
)
"""Columns of every result table, in this order. Metrics are fractions in [0, 1], or null where undefined;
`<metric>_low` and `<metric>_high` are the ends of their 95 % intervals (`bench.running.estimates`); `group` is
that of the OOD set in the suite which its ID set was last run with, empty where there is none; `parameters` is an
object, `shifted` one that maps each covariate-shifted set which counts as ID beside the ID test images to the accuracy
there, and `id_accuracy` is that of the ID test images alone; `warnings` is a list of sentences, `transform` the input
transform in words, `tuned_on` what the protocol chose parameters on, empty where the method has none to choose;
`network_note` says what was assumed of a network from elsewhere, and which methods were left out. `fit_seconds` to
`state_bytes` are what the method cost, as `bench.running.cost` measures it: they differ from run to run and are null
where they are not known; all else is the same in every run. `microseconds_of_earlier_passes` is the share of
`microseconds_per_image` for passes that were found in the cache: an earlier run made and measured them."""

COST = (
    "fit_seconds",
    "microseconds_per_image",
    "microseconds_of_earlier_passes",
    "peak_memory_mb",
    "state_bytes",
)
"""The columns that are measured with a clock, not computed."""


def row_of(record: Mapping[str, Any]) -> dict[str, Any]:
    """The row of a stored cell, with its cost; what rows did not tell formerly is read off the cell.

    Raises `BenchError` where the record is not what a run writes.
    """
    row = require_sound_row(record)
    cost = record.get("cost", {})
    transform = transform_words(InputTransform.from_dict(record["cell"]["transform"]))
    earlier = {"precision": "fp32", "transform": transform, "shifted": {}, "network_note": ""}
    return {**earlier, **interval_columns({}), **row, **{name: cost.get(name) for name in COST}}


def interval_columns(ends: Mapping[str, tuple[float, float] | None]) -> dict[str, float | None]:
    """The columns of intervals, from the ends by metric; None where an interval is undefined or not known."""
    columns: dict[str, float | None] = {}
    for name in METRICS:
        columns[f"{name}_low"], columns[f"{name}_high"] = ends.get(name) or (None, None)
    return columns


def rows_to_frame(rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """The rows as a table, with plain cells.

    `parameters` become compact JSON, and `shifted` too unless it is empty; `warnings` become one text.
    """
    import pandas as pd

    plain = [
        {
            **row,
            "parameters": json.dumps(row["parameters"], sort_keys=True),
            "shifted": json.dumps(row["shifted"]) if row.get("shifted") else "",
            "warnings": "; ".join(row["warnings"]),
        }
        for row in rows
    ]
    return pd.DataFrame(plain, columns=list(COLUMNS))


def with_groups(rows: Sequence[dict[str, Any]], suites: Mapping[str, SuiteRecord]) -> list[dict[str, Any]]:
    """The rows with the group that their OOD set has in the suite of their ID set; `suites` has them by ID set."""

    def group_of(row: Mapping[str, Any]) -> str:
        suite = suites.get(row["id"])
        return suite.group_of(row["ood"]) if suite else ""

    return [{**row, "group": group_of(row)} for row in rows]
