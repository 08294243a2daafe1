"""The rows of a misclassification run in blocks, as those of OOD detection are, with one section and no OOD set."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .blocks import Block, blocks_of_rows
from .result_row import COSTS, read_rows

if TYPE_CHECKING:
    import pandas as pd

PREDICTION_METRICS = (
    "auroc",
    "aupr_success",
    "aupr_error",
    "aurc",
    "augrc",
    "detection_error",
    "ece_15",
    "ece_15_adaptive",
    "brier",
)


def prediction_blocks(frame: pd.DataFrame) -> list[Block]:
    """The blocks of `frame`, which has the columns of `bench.predictions.rows`; `metrics` of their rows are those.

    Raises `BenchError` when it has no rows.
    """
    whole = frame.assign(n_id=frame["n_correct"] + frame["n_wrong"])
    whole[["ood", "ood_note", "tuned_on", "protocol"]] = "", "", "", "published"
    whole["n_ood"] = 0
    whole[[*COSTS]] = np.nan
    return blocks_of_rows(read_rows(whole, PREDICTION_METRICS))
