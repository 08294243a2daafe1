"""`bench ablate`: variants of one thing, or a parameter's transfer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bench.errors import BenchError
from bench.running.engines import EngineChoice

from .engines import OPTIONS, takes_engine
from .options import (
    Checkpoint,
    Compile,
    Data,
    Network,
    Normalize,
    OutputFormat,
    Precision,
    Recipe,
    Seeds,
    Settings,
    Workers,
)
from .results_folder import local

if TYPE_CHECKING:
    from bench.ablation.file import Ablation
    from bench.ablation.outcome import TransferRows, VariantRows
    from bench.ablation.run import Carried

_NOT_OF_THE_SPECIFICATION = ("ablation", "seeds", "setting", "output_format", "dry_run", *OPTIONS)


@takes_engine
def ablate(
    context: typer.Context,
    ablation: Annotated[
        str, typer.Argument(metavar="NAME|FILE.toml", help="An ablation: see bench list ablations, or a file.")
    ],
    method: Annotated[list[str] | None, typer.Option(help="Scoring method (default: those of the ablation).")] = None,
    id: Annotated[str | None, typer.Option("--id", help="In-distribution set (default: the ablation's).")] = None,
    ood: Annotated[list[str] | None, typer.Option(help="OOD set (default: those of the ablation).")] = None,
    network: Network = None,
    checkpoint: Checkpoint = None,
    normalize: Normalize = None,
    recipe: Recipe = None,
    seeds: Seeds = None,
    setting: Settings = None,
    device: Annotated[str | None, typer.Option(help="auto, cpu, cuda, cuda:N or mps.")] = None,
    precision: Precision = None,
    workers: Workers = None,
    compile: Compile = None,
    *,
    engine: EngineChoice,
    data: Data = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", parser=local, help="Folder of the results (default: runs/ablate-NAME)."),
    ] = None,
    output_format: Annotated[
        OutputFormat, typer.Option("--format", help="What is printed on stdout.")
    ] = OutputFormat.table,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what would be done, and stop.")] = False,
) -> None:
    """Measure what one thing changes with all else equal: a table, and a figure of AUROC against it.

    Networks are trained once and found again, finished cells are kept, so the same command resumes. Example, in
    seconds: bench ablate budget --id digits --ood glyphs --ood gaussian
    """
    from bench.ablation.file import read_ablation
    from bench.running.specification import seeds_from, settings_from

    found = read_ablation(ablation)
    options = {name: value for name, value in context.params.items() if name not in _NOT_OF_THE_SPECIFICATION}
    options |= {"method": method or None, "ood": ood or None, "seeds": seeds_from(None, seeds)}
    asked = (found, options, settings_from(setting or []))
    if not found.transfer:
        _variants(*asked, engine, output_format, dry_run)
        return
    if engine != EngineChoice(engine.name if engine.name == "serial" else None):
        raise BenchError(
            f"{found.name} has no cells that an engine could hand out: its choices need all scores at once."
        )
    _transfer(*asked, output_format, dry_run)


def _variants(
    ablation: Ablation,
    options: dict[str, Any],
    settings: dict[str, Any],
    choice: EngineChoice,
    printed: OutputFormat,
    dry_run: bool,
) -> None:
    from bench.ablation.plan import plan
    from bench.ablation.run import check, run_ablation

    runs = plan(ablation, options, settings)
    common = runs[0].specification
    engine = choice.make(common.out, common.device)
    lines = check(runs)
    if dry_run:
        print("\n".join(lines))
        return
    carried = run_ablation(ablation, runs, engine)
    if carried.outcome.rows:
        _write(carried.outcome, common.out, printed)
    _end(carried)


def _transfer(
    ablation: Ablation, options: dict[str, Any], settings: dict[str, Any], printed: OutputFormat, dry_run: bool
) -> None:
    from bench.ablation.plan import base_specification
    from bench.ablation.transfer import prepare_transfer, run_transfer, transfer_lines

    specification = base_specification(ablation, options, settings)
    preparation = prepare_transfer(ablation, specification)
    if dry_run:
        print("\n".join(transfer_lines(ablation, preparation)))
        return
    _write(run_transfer(ablation, preparation), specification.out, printed)


def _write(outcome: VariantRows | TransferRows, folder: Path, printed: OutputFormat) -> None:
    """Write all files, and print on stdout the one that was asked for."""
    from bench.ablation.written import write_files
    from bench.progress import say
    from bench.wording import counted

    paths = write_files(outcome, folder)
    ending = {OutputFormat.table: ".md", OutputFormat.json: ".json", OutputFormat.csv: ".csv"}[printed]
    shown = next(path for path in paths if path.suffix == ending)
    print(shown.read_text(encoding="utf-8"), end="")
    say(f"\n{counted(len(outcome.rows), 'row')}; {counted(len(paths), 'file')} in {folder}")


def _end(carried: Carried) -> None:
    """Say what failed, and end with an exit code that tells bad input (2) from a bug (1)."""
    from bench.progress import say
    from bench.running.failures import closing_lines

    for name, message in carried.failed.items():
        say(f"The variant '{name}' failed, the others did not wait for it: {message}")
    if carried.failures:
        say("\n" + "\n".join(closing_lines(carried.failures)))
    if carried.failed or carried.failures:
        bugs = carried.bugs or not all(failure.mendable for failure in carried.failures)
        raise typer.Exit(1 if bugs else 2)
