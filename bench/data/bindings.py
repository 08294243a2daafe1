"""Names bound to images of the user's own: `NAME=KIND:SOURCE`, or a table in a `bench.toml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bench.errors import BenchError, UnknownNameError
from bench.names import require_name

from .binding_kind import BINDING_KINDS, known_kind, likely_kind

_FURTHER = ("train", "classes")


@dataclass(frozen=True)
class Binding:
    """`name` stands for the images that `source` means to a kind of binding, such as a path.

    `train` is the source of its training images, where there is one of its own; `classes` are the names of its classes
    in the order in which the network has them, where they are given; `options` are what else a table says to the kind.
    `file` is the TOML file that says all this, None where a command does.
    """

    name: str
    kind: str
    source: str
    train: str | None = None
    classes: tuple[str, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)
    file: Path | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        require_name(self.name, "data set")
        if self.kind not in BINDING_KINDS:
            raise UnknownNameError("kind of binding", self.kind, BINDING_KINDS.names())

    def __str__(self) -> str:
        return f"{self.name}={self.kind}:{self.source}"

    @property
    def origin(self) -> str:
        """What the name is bound to, and where that is said."""
        return f"bound to {self.kind}:{self.source}" + (f" in {self.file.name}" if self.file else "")


def parse_binding(text: str, base: Path = Path()) -> Binding:
    """Read `NAME=KIND:SOURCE`; relative paths count from the folder `base`.

    Raises `BenchError` saying what to write instead.
    """
    name, equals, rest = text.partition("=")
    kind, colon, source = rest.partition(":")
    if not equals or not colon:
        example = f"{name or 'NAME'}={likely_kind(text)}:{rest or 'PATH'}"
        raise BenchError(f"Cannot read the binding '{text}'. Write NAME=KIND:PATH, such as {example}.")
    return Binding(name, kind, _located(name, kind, source, base))


def parse_bindings(tables: Any, file: Path, *, base: Path | None = None) -> dict[str, Binding]:
    """Read the `datasets` table of the TOML file `file`: `{"svhn": {"npz": "svhn.npz"}}`.

    Relative paths count from the folder `base`, else from that of the file. Raises `BenchError` naming the file and the
    entry that is wrong.
    """
    if not isinstance(tables, Mapping):
        raise BenchError(f"'datasets' in {file} must be tables, such as [datasets.NAME], not {tables!r}.")
    counted_from = file.parent if base is None else base
    return {name: _parse_table(name, table, file, counted_from) for name, table in tables.items()}


def _parse_table(name: str, table: Any, file: Path, base: Path) -> Binding:
    given = dict(table) if isinstance(table, Mapping) else {}
    classes = given.pop("classes", [])
    train = given.pop("train", None)
    kinds = [key for key in given if key in BINDING_KINDS] or list(given)
    texts = all(isinstance(value, str) for value in (*given.values(), train or ""))
    if len(kinds) != 1 or not texts or not _is_list_of_names(classes):
        wanted = 'one line such as npz = "PATH" or folder = "PATH", and further keys of that kind'
        raise BenchError(f"The entry [datasets.{name}] in {file} must hold {wanted}, not {table!r}.")
    [kind] = kinds
    found, source = known_kind(kind), given.pop(kind)
    for key in given:
        if key not in found.keys:
            raise UnknownNameError(f"key of [datasets.{name}] in {file}:", key, (*found.keys, *_FURTHER))
    located = _located(name, kind, source, base)
    options = {key: found.located_option(key, value, base) for key, value in given.items()}
    binding = Binding(name, kind, located, classes=tuple(classes), options=options, file=file)
    return binding if train is None else replace(binding, train=_located(name, kind, train, base))


def _is_list_of_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value) and len(set(value)) == len(value)


def _located(name: str, kind: str, source: str, base: Path) -> str:
    # Without a path it would be the folder `base`.
    if not source.strip():
        raise BenchError(f"The binding '{name}={kind}:' lacks a path.")
    return known_kind(kind).located(source, base)
