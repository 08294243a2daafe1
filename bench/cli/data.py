"""`bench data`: which data sets there are, which are on this machine, and how to get the others."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from bench.data.dataset import DATASETS, DataSet
from bench.data.location import VARIABLE, data_root
from bench.data.project import project_bindings
from bench.data.readiness import readiness
from bench.data.resolve import named_datasets, resolve_dataset
from bench.errors import BenchError

from .columns import print_columns
from .plugins import takes_plugins

app = typer.Typer(help="List, fetch and check data sets.", no_args_is_help=True)

DataOption = Annotated[
    Path | None,
    typer.Option("--data", help=f"Folder of the data sets; else ${VARIABLE}, else the user's cache folder."),
]
NamesArgument = Annotated[list[str] | None, typer.Argument(help="Names of data sets; all when none is given.")]


@app.command("list")
@takes_plugins
def list_sets() -> None:
    """List every data set with its size, origin and licence."""
    from bench.data.download import readable_bytes

    rows = [("NAME", "IMAGES", "PIXELS", "HAD", "DOWNLOAD", "LICENCE")]
    for data_set in _data_sets(None):
        counts = ", ".join(f"{count:,} {split}" for split, count in data_set.counts.items()) or "-"
        size = "x".join(map(str, data_set.image_size)) if data_set.image_size else "any"
        download = readable_bytes(data_set.download_bytes) if data_set.download_bytes else "-"
        rows.append((data_set.name, counts, size, data_set.origin, download, data_set.licence))
    print_columns(rows)
    _say_waiting()


@app.command()
@takes_plugins
def status(names: NamesArgument = None, data: DataOption = None) -> None:
    """Say which data sets can be loaded on this machine, judged by which files are there."""
    root = data_root(data)
    typer.echo(f"Data sets below {root}:", err=True)
    print_columns([(data_set.name, *readiness(data_set, root)) for data_set in _data_sets(names)])
    if not names:
        _say_waiting()


@app.command()
@takes_plugins
def fetch(
    names: Annotated[list[str], typer.Argument(help="Names of data sets.")],
    yes: Annotated[bool, typer.Option("--yes", help="Download without asking.")] = False,
    data: DataOption = None,
) -> None:
    """Download what is missing or damaged; the size is said first, and nothing is downloaded without a yes."""
    from bench.data.download import readable_bytes
    from bench.progress import say

    root, chosen = data_root(data), _data_sets(names)
    size = sum(data_set.download_bytes for data_set in chosen if not _complete(data_set, root))
    if size:
        say(f"To download: {readable_bytes(size)}, to {root}.")
        if not (yes or _agreed(names, data)):
            raise typer.Abort
    for data_set in chosen:
        if data_set.obtained in {"embedded", "generated"}:
            say(f"{data_set.name} needs no download: it is {data_set.obtained}.")
        data_set.fetch(root, say)


@app.command()
@takes_plugins
def verify(names: NamesArgument = None, data: DataOption = None) -> None:
    """Read every file that is there and compare it with its known checksum; exit code 1 when one is damaged.

    Where no checksum is known, what was looked at instead is said, such as the number of images.
    """
    root = data_root(data)
    found = [(data_set.name, file) for data_set in _data_sets(names) for file in data_set.verify(root)]
    if not names:
        found = [(name, file) for name, file in found if file.state != "missing"]
    print_columns([(name, file.state, str(file.path), file.detail) for name, file in found])
    if not all(file.passes for _, file in found):
        raise typer.Exit(1)


@app.command()
def path(data: DataOption = None) -> None:
    """Print the folder in which data sets are looked for; names that bench.toml binds elsewhere are said on stderr."""
    typer.echo(data_root(data))
    for binding in project_bindings(Path.cwd()).values():
        typer.echo(f"{binding.name} is {binding.origin}.", err=True)


def _data_sets(names: Sequence[str] | None) -> list[DataSet]:
    """Those that are named, or all; a name that bench.toml binds means what it is bound to."""
    bindings = project_bindings(Path.cwd())
    return [resolve_dataset(name, bindings, {}) for name in names] if names else named_datasets(bindings)


def _say_waiting() -> None:
    """Name the data sets that were left out: their code runs only when they or the file that brings them are named."""
    waiting = DATASETS.waiting()
    if waiting:
        typer.echo(
            f"Left out: {', '.join(waiting)}. bench.toml names the plugin that brings them, whose code runs only when "
            "it is asked for: name them, or the file with --plugin.",
            err=True,
        )


def _complete(data_set: DataSet, root: Path) -> bool:
    return data_set.download_bytes == 0 or all(file.passes for file in data_set.verify(root))


def _agreed(names: Sequence[str], data: Path | None) -> bool:
    if _on_terminal():
        return typer.confirm("Download?", err=True)
    again = " ".join(["bench data fetch", *names, *(["--data", str(data)] if data else []), "--yes"])
    raise BenchError(f"Nothing was downloaded, since nobody could be asked. To agree, type: {again}")


def _on_terminal() -> bool:
    return sys.stdin.isatty()
