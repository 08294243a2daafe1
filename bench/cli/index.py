"""`bench index`: one file by which many records are read fast."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .results_folder import results


def index(
    folder: Annotated[
        Path, typer.Argument(metavar="RUN", parser=results, help="Results folder of bench run --out.")
    ] = Path("runs/latest"),
) -> None:
    """Make one file of all records of a results folder, so that tens of thousands of cells are read fast.

    Nothing depends on it: it may be deleted, and what has changed since is read from the results themselves. Example:

    bench index runs/latest
    """
    from bench.errors import BenchError
    from bench.store import Store
    from bench.store_index import INDEX
    from bench.wording import counted

    if not folder.is_dir():
        raise BenchError(f"There is no folder {folder}. Name the results folder of a bench run --out.")
    print(f"{folder / INDEX}: {counted(Store(folder).index(), 'cell')}")
