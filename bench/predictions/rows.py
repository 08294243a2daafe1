"""The rows of a misclassification run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    "method",
    "id",
    "network",
    "objective",
    "seed",
    "parameters",
    "n_correct",
    "n_wrong",
    "id_accuracy",
    "auroc",
    "aupr_success",
    "aupr_error",
    "aurc",
    "augrc",
    "detection_error",
    "ece_15",
    "ece_15_adaptive",
    "brier",
    "precision",
    "transform",
    "network_note",
    "id_note",
    "warnings",
    "weights",
    "key",
)
"""Columns of the table, in this order. Metrics are fractions in [0, 1], or null where undefined: AUROC, AUPR and the
detection error, of right against wrong predictions, need some of both; `ece_15`, `ece_15_adaptive` (15 bins of equal
width, or of equal count) and `brier` need a score that is a probability. The others are those of `bench.running.rows`.
"""


def rows_to_frame(rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """The rows as a table; `parameters` become compact JSON and `warnings` one text, so that every cell is plain."""
    import pandas as pd

    plain = [
        {**row, "parameters": json.dumps(row["parameters"], sort_keys=True), "warnings": "; ".join(row["warnings"])}
        for row in rows
    ]
    return pd.DataFrame(plain, columns=list(COLUMNS))
