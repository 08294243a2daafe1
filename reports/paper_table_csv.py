"""A paper's table for machines: a line for each cell and method, fractions at full precision."""

from __future__ import annotations

import csv
import io

from bench.paper_table import PaperCell, PaperTable, TableColumn, TableRow, typesetter

COLUMNS = (
    "row",
    "network",
    "id",
    "ood",
    "method",
    "metric",
    "column",
    "published",
    "published_sd",
    "measured",
    "measured_sd",
    "difference",
    "n_seeds",
    "seeds",
    "state",
    "reason",
    "notes",
)
"""Figures are fractions in [0, 1], empty where there are none; `state` says why of the measured ones: `measured`,
`not run`, `failed` or `undefined`, of which `reason` tells more. `seeds` are split by spaces, `notes` by ` | `."""


@typesetter("csv")
def csv_paper_table(table: PaperTable) -> str:
    """Every cell, in the order of the table."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in table.rows:
        for column, cells in zip(table.columns, row.cells, strict=True):
            for method, cell in zip(row.methods, cells, strict=True):
                writer.writerow(_line(row, column, method, cell))
    return text.getvalue()


def _line(row: TableRow, column: TableColumn, method: str, cell: PaperCell) -> list[str | float | int | None]:
    published, measured = cell.published, cell.measured
    return [
        *(row.key, row.network, row.id, row.ood, method, column.metric, column.title),
        *((published.mean, published.sd) if published else (None, None)),
        *((measured.mean, measured.sd) if measured else (None, None)),
        cell.difference,
        len(cell.seeds),
        " ".join(map(str, cell.seeds)),
        cell.state,
        cell.reason,
        " | ".join(cell.notes),
    ]
