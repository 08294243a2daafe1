"""`bench plot`: the figures of a run folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def plot(
    folder: Annotated[Path, typer.Argument(help="Results folder of bench run --out.")] = Path("runs/latest"),
    kind: Annotated[list[str] | None, typer.Option(help="Report to write (default: all figures).")] = None,
) -> None:
    """Draw the ROC curves and histograms of a results folder again, and print the files' paths."""
    from bench.report import REPORTS
    from bench.running.execute import stored_rows, write_files

    stored_rows(folder)
    tables = ("comparison-table", "text-table", "threshold-table")
    for path in write_files(folder, kind or [name for name in REPORTS.names() if name not in tables]):
        print(path)
