"""`bench table`: the comparison table of a run folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .options import Format, OutputFormat
from .results_folder import results


def table(
    folder: Annotated[
        Path, typer.Argument(metavar="[RUN]", parser=results, help="Results folder of bench run --out.")
    ] = Path("runs/latest"),
    output_format: Format = OutputFormat.table,
) -> None:
    """Print the table of a results folder, and write its table files again."""
    from bench.progress import say
    from bench.remote import put_reports
    from bench.running.files import stored_rows, write_files
    from bench.suites.record import kept_suites

    from .output import print_rows

    rows = stored_rows(folder)
    print_rows(rows, output_format, kept_suites(folder), folder)
    written = write_files(folder, ["comparison-table", "text-table", "threshold-table"])
    for path in written:
        say(f"wrote {path}")
    put_reports(folder, written)
