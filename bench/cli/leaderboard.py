"""`bench leaderboard`: many runs as one page to compare them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .results_folder import local, results


def leaderboard(
    folders: Annotated[
        list[Path], typer.Argument(metavar="DIR…", parser=results, help="Results folders of bench run --out.")
    ],
    out: Annotated[Path, typer.Option(metavar="DIR", parser=local, help="Folder of the site.")] = Path("leaderboard"),
) -> None:
    """Write a static site that compares the results of many runs, and print its page's path.

    The page opens from disk. Rows of another protocol, precision, version or other images are kept apart, and what
    differs is said; the report.html of a run is copied beside the page. Example:

    bench leaderboard runs/resnet runs/densenet --out leaderboard
    """
    from bench.reporting import write_leaderboard

    print(write_leaderboard(folders, out))
