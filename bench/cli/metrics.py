"""`bench metrics`: the metrics of two files of scores."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

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
    output_format: Annotated[
        MetricsFormat, typer.Option("--format", help="table shows percent; json and csv hold fractions.")
    ] = MetricsFormat.TABLE,
) -> None:
    """Compute every metric from two files of scores, larger = more in-distribution."""
    from bench.metrics import evaluate, read_scores

    result = evaluate(read_scores(id_scores), read_scores(ood_scores), tpr=tpr)
    for warning in result.warnings:
        typer.echo(f"Warning: {warning}.", err=True)
    render = {MetricsFormat.TABLE: _as_table, MetricsFormat.JSON: _as_json, MetricsFormat.CSV: _as_csv}
    typer.echo(render[output_format](result))


def _as_json(result: OODMetrics) -> str:
    import json

    return json.dumps(result.to_dict(), indent=2)


def _as_csv(result: OODMetrics) -> str:
    import csv
    import io

    row = result.to_dict() | {"warnings": "; ".join(result.warnings)}
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(row), lineterminator="\n")
    writer.writeheader()
    writer.writerow(row)
    return text.getvalue().rstrip("\n")


def _as_table(result: OODMetrics) -> str:
    rates = [("95", result.fpr_at_95_tpr, result.fpr_at_95_tpr_ood)]
    if result.tpr != 0.95:
        rates.append((f"{100 * result.tpr:.10g}", result.fpr_at_tpr, result.fpr_at_tpr_ood))
    lines: list[tuple[str, float | None]] = [("AUROC", result.auroc)]
    for percent, id_positive, ood_positive in rates:
        lines.append((f"FPR at {percent} % TPR, ID positive", id_positive))
        lines.append((f"FPR at {percent} % TPR, OOD positive", ood_positive))
    lines += [
        ("FPR at 95 % TPR, ID positive, mean over 94.95-95.05 %", result.fpr_at_95_tpr_band),
        ("Detection error", result.detection_error),
        ("AUPR, ID positive", result.aupr_in),
        ("AUPR, OOD positive", result.aupr_out),
        ("Scores tied with the other set", result.tie_share),
    ]
    width = max(len(name) for name, _ in lines)
    counts = f"{result.n_id:,} ID scores, {result.n_ood:,} OOD scores"
    return "\n".join([counts, *(f"{name:<{width}}  {_percent(value):>10}" for name, value in lines)])


def _percent(fraction: float | None) -> str:
    return "undefined" if fraction is None else f"{100 * fraction:.2f} %"
