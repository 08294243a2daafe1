"""`bench misclassification`: how well methods tell right from wrong predictions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bench.running.engines import EngineChoice

from .engines import OPTIONS, takes_engine
from .options import (
    AnyNetwork,
    Checkpoint,
    Compile,
    Data,
    Device,
    Format,
    LastLayer,
    Normalize,
    OutputFormat,
    Precision,
    Recipe,
    Seeds,
    Settings,
    SkipBroken,
    Transform,
    Workers,
)
from .results_folder import target

if TYPE_CHECKING:
    from bench.running.outcome import Outcome

_NOT_OF_THE_SPECIFICATION = ("seed", "setting", "output_format", "dry_run", *OPTIONS)


@takes_engine
def misclassification(
    context: typer.Context,
    method: Annotated[list[str], typer.Option(help="Scoring method: a name, 'all', 'group:logits', '*mahalanobis*'.")],
    id: Annotated[str, typer.Option("--id", help="In-distribution set with labels: a name, or NAME=npz:PATH.")],
    network: AnyNetwork = None,
    checkpoint: Checkpoint = None,
    normalize: Normalize = None,
    transform: Transform = None,
    last_layer: LastLayer = None,
    recipe: Recipe = None,
    seed: Annotated[int | None, typer.Option(help="The one seed to train with (default: 0).")] = None,
    seeds: Seeds = None,
    setting: Settings = None,
    device: Device = "auto",
    precision: Precision = None,
    workers: Workers = None,
    compile: Compile = None,
    skip_broken: SkipBroken = None,
    *,
    engine: EngineChoice,
    data: Data = None,
    out: Annotated[
        Path,
        typer.Option(
            metavar="DIR", parser=target, help="Folder of the results, in whose misclassification/ they are kept."
        ),
    ] = Path("runs/latest"),
    output_format: Format = OutputFormat.table,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what would be done, and stop.")] = False,
) -> None:
    """Tell right from wrong predictions on the ID test set: misclassification detection, calibration, risk-coverage.

    No OOD set is needed. What the results folder holds already is not computed again. Example:

    bench misclassification --method msp --method confidence --id digits --seeds 3
    """
    from bench.data.project import project_bindings
    from bench.predictions.execute import execute_predictions
    from bench.predictions.specification import PredictionPreparation, PredictionSpecification
    from bench.running.specification import seeds_from, settings_from

    options = {name: value for name, value in context.params.items() if name not in _NOT_OF_THE_SPECIFICATION}
    options |= {"method": tuple(method), "seeds": seeds_from(seed, seeds), "settings": settings_from(setting or [])}
    options["bindings"] = project_bindings(Path.cwd())
    given = {name: value for name, value in options.items() if value is not None}
    specification = PredictionSpecification(**given)
    chosen = engine.make(specification.folder, specification.device)
    preparation = PredictionPreparation(specification)
    if dry_run:
        print("\n".join(preparation.plan_lines()))
        return
    _report(specification.folder, execute_predictions(preparation, chosen), output_format)


def _report(folder: Path, outcome: Outcome, output_format: OutputFormat) -> None:
    from bench.address import shown
    from bench.predictions.execute import write_prediction_files
    from bench.progress import say
    from bench.remote import settle
    from bench.running.failures import closing_lines
    from bench.wording import counted

    files = write_prediction_files(folder) if outcome.rows else []
    if outcome.rows:
        _print_rows(outcome.rows, output_format)
        say(f"\n{counted(len(outcome.rows), 'row')}; {counted(len(files), 'file')} in {shown(folder)}")
    settle(folder, files)
    if not outcome.failures:
        return
    say("\n" + "\n".join(closing_lines(outcome.failures)))
    raise typer.Exit(2 if all(failure.mendable for failure in outcome.failures) else 1)


def _print_rows(rows: list[dict[str, Any]], output_format: OutputFormat) -> None:
    if output_format is OutputFormat.json:
        print(json.dumps(rows, indent=1, allow_nan=False))
        return
    from bench.predictions.rows import rows_to_frame

    frame = rows_to_frame(rows)
    if output_format is OutputFormat.csv:
        print(frame.to_csv(index=False), end="")
        return
    from bench.prediction_report import PREDICTION_REPORTS

    print(PREDICTION_REPORTS.get("misclassification-table").text(frame), end="")
