"""The `bench.toml` of a project: names that its data sets have in every command typed beside it."""

from __future__ import annotations

from pathlib import Path

from bench.toml_file import read_toml

from .bindings import Binding, parse_bindings

FILE = "bench.toml"


def project_bindings(folder: Path) -> dict[str, Binding]:
    """The `[datasets.NAME]` bindings of the `bench.toml` in `folder`, if there is one, by their names.

    Raises `BenchError` naming the file and the entry that is wrong.
    """
    path = folder / FILE
    return parse_bindings(read_toml(path).get("datasets", {}), path) if path.exists() else {}
