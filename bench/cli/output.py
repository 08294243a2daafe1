"""Rows on stdout: as a table for people, or exactly for machines."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.suites.record import SuiteRecord

from .options import OutputFormat


def print_rows(
    rows: Sequence[dict[str, Any]], output_format: OutputFormat, suites: Mapping[str, SuiteRecord], folder: Path
) -> None:
    """Print result rows; JSON and CSV hold fractions in [0, 1] at full precision, the table shows percent.

    On a terminal the table is as wide as its window, with what may be the best in bold; elsewhere it is plain text.

    `suites` are those that the rows' ID sets were run with, by the name of the ID set; the table shows their groups.
    `folder` keeps the results, from which the table takes which of them may be the best.
    """
    if output_format is OutputFormat.json:
        print(json.dumps(list(rows), indent=1, allow_nan=False))
        return
    from bench.running.rows import rows_to_frame

    frame = rows_to_frame(rows)
    if output_format is OutputFormat.csv:
        print(frame.to_csv(index=False), end="")
        return
    from bench.report import REPORTS
    from bench.running.estimates import Estimates
    from bench.store import Store

    store, table = Store(folder), REPORTS.get("text-table")()
    known = (frame, suites, Estimates(store).replicates, store.scores)
    if sys.stdout.isatty():
        table.show(*known)
    else:
        print(table.text(*known))
