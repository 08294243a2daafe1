"""`bench metrics`: the metrics of two files of scores."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.errors import BenchError

if TYPE_CHECKING:
    from bench.metrics import OODMetrics


class MetricsFormat(StrEnum):
    """How the metrics are printed: for people (percent) or for machines (fractions at full precision)."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def metrics(
    id_scores: Annotated[
        Path,
        typer.Option(help="Scores of in-distribution images: .npy, .csv (one column, or one called score) or .txt."),
    ],
    ood_scores: Annotated[Path, typer.Option(help="Scores of out-of-distribution images, in the same formats.")],
    tpr: Annotated[float, typer.Option(help="Also give the false-positive rates at this true-positive rate.")] = 0.95,
    memory: Annotated[
        str | None,
        typer.Option(
            metavar="SIZE",
            help="Sort on disk within this much memory, such as 2GiB (default: a quarter of what is free, where the "
            "files are larger than a tenth of it).",
        ),
    ] = None,
    approximate: Annotated[
        bool, typer.Option("--approximate", help="Give bounds of each metric, from reading each file once.")
    ] = False,
    scratch: Annotated[
        Path | None, typer.Option(help="Folder for sorted copies of the scores (default: in the cache folder).")
    ] = None,
    output_format: Annotated[
        MetricsFormat, typer.Option("--format", help="table shows percent; json and csv hold fractions.")
    ] = MetricsFormat.TABLE,
) -> None:
    """Compute every metric from two files of scores, larger = more in-distribution."""
    from .metrics_text import csv_text, estimate_table, flat, json_text, metrics_table

    if approximate:
        from bench.out_of_core import estimate_files

        if memory is not None or scratch is not None:
            raise BenchError("--approximate sorts nothing and needs little memory: leave out --memory and --scratch.")
        estimate = estimate_files(id_scores, ood_scores, tpr=tpr)
        row, shown = estimate.to_dict(), estimate_table(estimate)
    else:
        result = _exact(id_scores, ood_scores, tpr, memory, scratch)
        for warning in result.warnings:
            typer.echo(f"Warning: {warning}.", err=True)
        row, shown = result.to_dict(), metrics_table(result)
    texts = {MetricsFormat.TABLE: lambda: shown, MetricsFormat.JSON: lambda: json_text(row)}
    typer.echo(texts.get(output_format, lambda: csv_text(flat(row)))())


def _exact(id_scores: Path, ood_scores: Path, tpr: float, memory: str | None, scratch: Path | None) -> OODMetrics:
    """All at once where they fit, else by sorting on disk, which is said on stderr."""
    from bench.byte_size import parse_bytes
    from bench.metrics import evaluate, read_scores
    from bench.out_of_core import evaluate_files, sorting_memory

    allowed = sorting_memory(id_scores, ood_scores) if memory is None else parse_bytes(memory)
    if allowed is None and scratch is None:
        return evaluate(read_scores(id_scores), read_scores(ood_scores), tpr=tpr)
    from bench.data.download import readable_bytes

    allowed = allowed or 2**30
    typer.echo(f"Sorting the scores on disk, within {readable_bytes(allowed)} of memory.", err=True)
    return evaluate_files(id_scores, ood_scores, tpr=tpr, memory=allowed, scratch=scratch)
