"""`bench merge`: one results folder from several."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .results_folder import results, target


def merge(
    runs: Annotated[
        list[Path], typer.Argument(metavar="RUN…", parser=results, help="Results folders of bench run --out.")
    ],
    out: Annotated[Path, typer.Option(metavar="DIR", parser=target, help="The folder that gets all of their results.")],
) -> None:
    """Join results folders, as of shards or of several machines, into one.

    A cell that several have is taken once. Cells that differ under one key are an error that names both; then nothing
    is written. Example:

    bench merge runs/machine-1 runs/machine-2 --out runs/all
    """
    from bench.address import shown
    from bench.progress import say
    from bench.remote import settle
    from bench.tending.merge import merge_runs
    from bench.wording import counted

    found = merge_runs(runs, out)
    settle(out)
    name = shown(out)
    print(f"{name}: {counted(found.cells, 'cell')}, of which {found.equal:,} were there several times.")
    if found.failures:
        print(f"{counted(found.failures, 'failure')} came along. Try them again with: bench rerun --failed {name}")
    say(f"Make its tables and figures with: bench table {name}, bench plot {name}, bench report {name}")
