"""`bench new`: a method, a data set, a network or a suite of one's own to begin with, and a test of it that passes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .results_folder import local


def new(
    kind: Annotated[str, typer.Argument(help="method, dataset, network or suite.")],
    name: Annotated[str, typer.Argument(help="What it will be called, such as my-method.")],
    package: Annotated[bool, typer.Option("--package", help="Make a package that can be installed.")] = False,
    out: Annotated[
        Path, typer.Option(metavar="DIR", parser=local, help="Folder that the files are written to.")
    ] = Path(),
) -> None:
    """Write a method, a data set, a network or a suite to begin with, and a test of it that passes as it stands.

    Nothing is overwritten. Example: bench new method my-method
    """
    from bench.scaffold.write import write_new

    for path in write_new(kind, name, out, package=package):
        typer.echo(path)
