"""`bench list`: the names that other commands take."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

from .columns import print_columns
from .formats import FormatOption, TableOrJson
from .kinds import all_named, complete_kinds, nameless_plugins, parse_kind


def list_names(
    kind: Annotated[
        str,
        typer.Argument(
            help="methods, datasets, networks, recipes, objectives, protocols, reports, papers, ablations, suites or "
            "plugins.",
            autocompletion=complete_kinds,
        ),
    ],
    output_format: FormatOption = TableOrJson.TABLE,
) -> None:
    """List every name of one kind, such as all methods, with one line on what it is.

    More on one of them: bench describe KIND NAME, such as bench describe method odin.
    """
    found = all_named(parse_kind(kind))
    for warning in nameless_plugins():
        typer.echo(f"Warning: {warning}", err=True)
    if output_format is TableOrJson.JSON:
        typer.echo(json.dumps([asdict(one) for one in found], indent=1))
        return
    print_columns([(one.name, one.summary) for one in found])
