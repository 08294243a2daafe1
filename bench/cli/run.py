"""`bench run`: methods against ID/OOD pairs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bench.errors import UnknownNameError
from bench.running.engines import EngineChoice

from .engines import OPTIONS, takes_engine
from .options import (
    AnyNetwork,
    Checkpoint,
    Compile,
    Data,
    FullSpectrum,
    Group,
    LastLayer,
    Normalize,
    OutputFormat,
    Precision,
    Protocol,
    Recipe,
    Seeds,
    Settings,
    ShardOption,
    Shifted,
    SkipBroken,
    Suite,
    Transform,
    TuneOn,
    Workers,
)
from .results_folder import target

if TYPE_CHECKING:
    from bench.running.outcome import Outcome
    from bench.running.specification import RunSpecification


_NOT_OF_THE_SPECIFICATION = ("file", "seed", "setting", "output_format", "dry_run", "shard", *OPTIONS)


@takes_engine
def run(
    context: typer.Context,
    file: Annotated[Path | None, typer.Argument(help="TOML run file with the same keys as the options.")] = None,
    method: Annotated[
        list[str] | None, typer.Option(help="Scoring method: a name, 'all', 'group:logits', '*mahalanobis*'.")
    ] = None,
    id: Annotated[str | None, typer.Option("--id", help="In-distribution set: a name, or NAME=folder:PATH.")] = None,
    ood: Annotated[list[str] | None, typer.Option(help="OOD set: a name, NAME=folder:PATH or NAME=npz:PATH.")] = None,
    shifted: Shifted = None,
    suite: Suite = None,
    group: Group = None,
    full_spectrum: FullSpectrum = None,
    network: AnyNetwork = None,
    checkpoint: Checkpoint = None,
    normalize: Normalize = None,
    transform: Transform = None,
    last_layer: LastLayer = None,
    recipe: Recipe = None,
    seed: Annotated[int | None, typer.Option(help="The one seed to train with (default: 0).")] = None,
    seeds: Seeds = None,
    protocol: Protocol = None,
    tune_on: TuneOn = None,
    setting: Settings = None,
    device: Annotated[str | None, typer.Option(help="auto, cpu, cuda, cuda:N or mps.")] = None,
    precision: Precision = None,
    workers: Workers = None,
    compile: Compile = None,
    skip_broken: SkipBroken = None,
    *,
    engine: EngineChoice,
    shard: ShardOption = None,
    data: Data = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", parser=target, help="Folder or address of the results (default: runs/latest)."),
    ] = None,
    output_format: Annotated[
        OutputFormat | None, typer.Option("--format", help="What is printed on stdout (default: table).")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what would be done, and stop.")] = False,
) -> None:
    """Run methods against ID/OOD pairs: train or load, score, measure, tabulate, plot.

    What the results folder holds already is not computed again, so the same command resumes. Example:

    bench run --method msp --method confidence --id digits --ood glyphs --ood gaussian

    A suite names the ID set and the OOD sets; --ood and --group narrow it:

    bench run --method msp --suite openood-cifar10 --group near
    """
    from bench.running.run_file import read_run_file

    values = {} if file is None else read_run_file(file)
    printed = _chosen_format(output_format, values.pop("format", OutputFormat.table), file)
    specification = make_specification(values, _options_of(context), setting or [])
    _carry_out(specification, engine, shard, printed, dry_run=dry_run)


def _carry_out(
    specification: RunSpecification, choice: EngineChoice, shard: str | None, printed: OutputFormat, *, dry_run: bool
) -> None:
    """Note what is asked for, have it done by the engine of that `choice`, and report it; or only print the plan."""
    from bench.running.carry_out import carried_out
    from bench.running.part import Shard

    engine = choice.make(specification.out, specification.device)
    part = None if shard is None else Shard.parse(shard)
    if dry_run:
        _print_plan(specification)
        return
    with carried_out(specification, engine, part) as outcome:
        report_outcome(specification, outcome, printed)


def _print_plan(specification: RunSpecification) -> None:
    from bench.running.preparation import Preparation

    preparation = Preparation(specification)
    preparation.load_images()
    print("\n".join(preparation.plan_lines()))


def _options_of(context: typer.Context) -> dict[str, Any]:
    """The options that make a specification, None for those that were not given; the suite is looked up."""
    from bench.running.specification import seeds_from
    from bench.suites.library import find_suite

    # Where nothing is given for an option that may be repeated, the context has an empty tuple.
    given = {name: None if value == () else value for name, value in context.params.items()}
    options = {name: value for name, value in given.items() if name not in _NOT_OF_THE_SPECIFICATION}
    options["suite"] = None if given["suite"] is None else find_suite(given["suite"])
    options["seeds"] = seeds_from(given["seed"], given["seeds"])
    return options


def _chosen_format(option: OutputFormat | None, of_file: str, file: Path | None) -> OutputFormat:
    """The option over the run file's key, which is refused if it is wrong."""
    if of_file not in set(OutputFormat):
        raise UnknownNameError(f"format in {file}:", of_file, OutputFormat)
    return option or OutputFormat(of_file)


def make_specification(of_file: dict[str, Any], options: dict[str, Any], settings: list[str]) -> RunSpecification:
    """The options over the run file's keys over the defaults; settings and bindings are joined."""
    from bench.data.project import project_bindings
    from bench.running.specification import RunSpecification, settings_from

    values = of_file | {name: value for name, value in options.items() if value is not None}
    values["settings"] = {**values.get("settings", {}), **settings_from(settings)}
    values["bindings"] = {**project_bindings(Path.cwd()), **values.get("bindings", {})}
    for name in ("method", "ood", "shifted", "group"):
        given = values.get(name, ())
        values[name] = (given,) if isinstance(given, str) else tuple(given)
    values.setdefault("id", "")
    return RunSpecification(**values)


def report_outcome(specification: RunSpecification, outcome: Outcome, output_format: OutputFormat) -> None:
    """Write the files of a run and print its rows; raises `typer.Exit` with 1 or 2 where cells failed."""
    from bench.address import shown
    from bench.progress import say
    from bench.remote import settle
    from bench.running.failures import closing_lines
    from bench.running.files import refresh_files
    from bench.suites.record import kept_suites
    from bench.wording import counted

    from .output import print_rows

    files = refresh_files(specification.out) if outcome.rows else []
    if outcome.rows:
        print_rows(outcome.rows, output_format, kept_suites(specification.out), specification.out)
        say(f"\n{counted(len(outcome.rows), 'row')}; {counted(len(files), 'file')} in {shown(specification.out)}")
    settle(specification.out, files)
    if not outcome.failures:
        return
    say("\n" + "\n".join(closing_lines(outcome.failures)))
    raise typer.Exit(2 if all(failure.mendable for failure in outcome.failures) else 1)
