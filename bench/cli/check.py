"""`bench check`: whether a method, a data set or a network keeps what the benchmark relies on."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from .formats import FormatOption, TableOrJson
from .options import Data

if TYPE_CHECKING:
    from bench.testing.outcome import Outcome
    from bench.testing.target import Checked


def check(
    target: Annotated[
        str, typer.Argument(metavar="NAME|FILE.py|FILE.py:NAME|MODULE:NAME", help="What is checked; or NAME=KIND:PATH.")
    ],
    kind: Annotated[str | None, typer.Option(help="method, dataset or network, where a name has several.")] = None,
    only: Annotated[list[str] | None, typer.Option(help="This check alone; may be given several times.")] = None,
    size: Annotated[int, typer.Option(min=1, help="Side in pixels of the images that a network is tried on.")] = 32,
    data: Data = None,
    output_format: FormatOption = TableOrJson.TABLE,
) -> None:
    """Check that a method, a data set or a network keeps what the benchmark relies on.

    One line for each check: ok, skipped with the reason, or failed with what was expected, what came, and how to look
    further. The exit code is 1 when a check fails. Example: bench check my_method.py
    """
    from bench.testing.conformance import named_check
    from bench.testing.target import Options, all_checked

    failed = False
    told = []
    for one in all_checked(target, kind, Options(data=data, size=size)):
        checks = [named_check(one, name) for name in only] if only else one.checks
        outcomes: Iterable[Outcome] = (one.outcome(each) for each in checks)
        if output_format is TableOrJson.TABLE:
            outcomes = _printed(one, outcomes)
        found = list(outcomes)
        failed |= any(outcome.status == "failed" for outcome in found)
        told.append({"kind": one.kind, "name": one.name, "checks": [outcome.describe() for outcome in found]})
    if output_format is TableOrJson.JSON:
        typer.echo(json.dumps(told, indent=1))
    raise typer.Exit(1 if failed else 0)


def _printed(one: Checked, outcomes: Iterable[Outcome]) -> Iterable[Outcome]:
    """The outcomes, each printed as soon as it is there, and at the end how many of each there were."""
    typer.echo(f"{one.kind} {one.name}")
    width = max(len(each.name) for each in one.checks)
    counts = {"ok": 0, "failed": 0, "skipped": 0}
    for outcome in outcomes:
        counts[outcome.status] += 1
        reason = f"  {outcome.reason}" if outcome.reason else ""
        typer.echo(f"  {outcome.status:<7}  {outcome.check:<{width if reason else 0}}{reason}")
        if outcome.failure is not None:
            typer.echo(f"    expected: {outcome.failure.expected}\n    found: {outcome.failure.found}")
            typer.echo("    look further:")
            typer.echo("\n".join(f"      {line}" for line in outcome.failure.look.splitlines()))
        yield outcome
    typer.echo(", ".join(f"{count} {status}" for status, count in counts.items() if count) + "\n")
