"""`bench plot`: the figures of a run folder."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from .results_folder import results

LATEST = "runs/latest"

EVERY = "all"
"""The word for all kinds."""


class FigureFormat(StrEnum):
    """What a figure is written as."""

    png = "png"
    svg = "svg"
    pdf = "pdf"


def plot(
    kind: Annotated[
        str | None,
        typer.Argument(
            metavar="[KIND]",
            help="roc, pr, hist, heatmap, cd (critical difference), cost, reliability, confidence, threshold "
            "or all (default: all).",
        ),
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="[RUN]", parser=results, help=f"Results folder of bench run --out (default: {LATEST})."),
    ] = None,
    output_format: Annotated[
        list[FigureFormat] | None, typer.Option("--format", help="Of the files; may be given several times (png, svg).")
    ] = None,
    old_kind: Annotated[list[str] | None, typer.Option("--kind", hidden=True)] = None,
) -> None:
    """Draw the figures of a results folder, of one kind or all, and print the files' paths.

    Example: bench plot roc runs/latest --format pdf
    """
    from bench.address import is_address
    from bench.errors import BenchError
    from bench.progress import say
    from bench.remote import put_reports
    from bench.report import FORMATS
    from bench.reporting.kept import draw_figures, figure_kinds

    known = figure_kinds()
    if old_kind:
        raise BenchError(f"--kind is no more: the kind comes first, as in: bench plot roc {kind or LATEST}")
    if kind is not None and is_address(kind):
        folder, kind = results(kind), None
    chosen, run = _read(kind, folder, list(known))
    formats = [one.value for one in dict.fromkeys(output_format or [])] or FORMATS
    for name, paths in draw_figures(run, chosen, formats).items():
        for path in paths:
            print(path)
        if not paths and len(chosen) == 1:
            say(f"Nothing to draw: {known[name].nothing}")
        put_reports(run, paths)


def _read(kind: str | None, folder: Path | None, known: list[str]) -> tuple[list[str], Path]:
    """The kinds to draw, and the results folder. A single word is a kind if it is one, else the folder."""
    from bench.errors import BenchError, UnknownNameError

    kind = None if kind == EVERY else kind
    if kind is None and folder is not None:
        return known, folder
    if kind in known:
        return [str(kind)], folder or Path(LATEST)
    if folder is None and (kind is None or Path(kind).is_dir()):
        return known, Path(kind or LATEST)
    if folder is not None and str(folder) in known:
        raise BenchError(f"The kind comes first: bench plot {folder} {kind}")
    if folder is None and kind is not None and ("/" in kind or "." in kind):
        raise BenchError(f"There is no folder {kind}. Make results with: bench run … --out {kind}")
    raise UnknownNameError("kind of figure", str(kind), known)
