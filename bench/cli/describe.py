"""`bench describe`: all there is to know of one thing that has a name, such as a method or a data set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from .kinds import complete_kind, complete_name, parse_kind


def describe(
    kind: Annotated[
        str,
        typer.Argument(
            help="method, dataset, network, recipe, objective, protocol, report, paper, ablation, suite or plugin.",
            autocompletion=complete_kind,
        ),
    ],
    name: Annotated[str, typer.Argument(help="Its name (see: bench list).", autocompletion=complete_name)],
) -> None:
    """Print what something is, where it comes from, and what can be set about it.

    Example: bench describe method odin
    """
    from .facts import facts_of

    text, facts = facts_of(parse_kind(kind), name)
    typer.echo(f"{name}\n\n{text}\n")
    width = max((len(label) for label, _ in facts), default=0)
    for label, lines in facts:
        for place, line in enumerate(_lines(lines)):
            typer.echo(f"{label if place == 0 else '':<{width}}  {line}".rstrip())


def _lines(value: str | Sequence[str]) -> Sequence[str]:
    return [value] if isinstance(value, str) else value
