"""Names bound to local images: `NAME=folder:PATH` and `NAME=npz:PATH`, or the same in a `bench.toml`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bench.errors import BenchError, UnknownNameError

KINDS = ("folder", "npz")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True)
class Binding:
    """`name` stands for the images at `path`, which is a `folder` or an `npz` file.

    `file` is the TOML file that says so, None where a command does.
    """

    name: str
    kind: str
    path: Path
    file: Path | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise BenchError(f"'{self.name}' cannot name a data set: use letters, digits, '.', '_' and '-'.")
        if self.kind not in KINDS:
            raise UnknownNameError("kind of binding", self.kind, KINDS)
        if not str(self.path).strip() or self.path == Path():
            raise BenchError(f"The binding '{self.name}={self.kind}:' lacks a path.")

    def __str__(self) -> str:
        return f"{self.name}={self.kind}:{self.path}"

    @property
    def origin(self) -> str:
        """What the name is bound to, and where that is said."""
        return f"bound to {self.kind}:{self.path}" + (f" in {self.file.name}" if self.file else "")


def parse_binding(text: str, base: Path = Path()) -> Binding:
    """Read `NAME=folder:PATH` or `NAME=npz:PATH`; a relative path counts from the folder `base`.

    Raises `BenchError` saying what to write instead.
    """
    name, equals, rest = text.partition("=")
    kind, colon, path = rest.partition(":")
    if not equals or not colon:
        guess = "npz" if text.endswith(".npz") else "folder"
        example = f"{name or 'NAME'}={guess}:{rest or 'PATH'}"
        raise BenchError(f"Cannot read the binding '{text}'. Write NAME=KIND:PATH, such as {example}.")
    return _bind(name, kind, path, base)


def parse_bindings(tables: Any, file: Path) -> dict[str, Binding]:
    """Read the `datasets` table of the TOML file `file`: `{"svhn": {"npz": "svhn.npz"}}`.

    Relative paths count from the folder of the file. Raises `BenchError` naming the file and the entry that is wrong.
    """
    if not isinstance(tables, Mapping):
        raise BenchError(f"'datasets' in {file} must be tables, such as [datasets.NAME], not {tables!r}.")
    bindings = {}
    for name, table in tables.items():
        if not isinstance(table, Mapping) or len(table) != 1 or not isinstance(next(iter(table.values())), str):
            wanted = 'one line, npz = "PATH" or folder = "PATH"'
            raise BenchError(f"The entry [datasets.{name}] in {file} must hold {wanted}, not {table!r}.")
        [(kind, path)] = table.items()
        bindings[name] = replace(_bind(name, kind, path, file.parent), file=file)
    return bindings


def _bind(name: str, kind: str, path: str, base: Path) -> Binding:
    # Without a path it would be the folder `base`.
    return Binding(name, kind, base / Path(path).expanduser() if path.strip() else Path())
