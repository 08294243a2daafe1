"""Names to classes, found without importing them.

A class or function is registered by a decorator with a literal name, such as `@method("msp")`. The decorator
only attaches the name; the registry reads the files' text to find it, and imports a file when one of its
entries is first asked for. So listing names costs no import of torch, and a broken file breaks only itself.
"""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, TypeVar

from bench.errors import BenchError, UnknownNameError

T = TypeVar("T")


def registers(kind: str) -> Callable[[str], Callable[[T], T]]:
    """Make the decorator of one kind: `method = registers("method")`, used as `@method("msp")`."""

    def named(name: str) -> Callable[[T], T]:
        def attach(target: T) -> T:
            target.name, target.registered_as = name, kind  # type: ignore[attr-defined]
            return target

        return attach

    return named


@dataclass(frozen=True)
class Entry:
    """One registered name: where it is defined and how its docstring begins."""

    name: str
    module: str
    attribute: str
    path: Path
    line: int
    summary: str

    @property
    def origin(self) -> str:
        """`file:line` of the definition."""
        return f"{self.path}:{self.line}"

    def resolve(self) -> Any:
        """Import the file and return the registered object. Raises `BenchError` with the reason if that fails."""
        try:
            return getattr(importlib.import_module(self.module), self.attribute)
        except BenchError:
            raise
        except Exception as error:
            raise BenchError(f"'{self.name}' ({self.origin}) is broken: {type(error).__name__}: {error}") from error


@dataclass(frozen=True)
class Registry:
    """All entries of one kind (`"method"`, `"dataset"`, …) in the files of one or more packages."""

    kind: str
    packages: tuple[str, ...]

    @cached_property
    def entries(self) -> dict[str, Entry]:
        """Every entry by name, in alphabetical order. Raises `BenchError` if two files claim one name."""
        found: dict[str, Entry] = {}
        for package in self.packages:
            for entry in _scan_package(package, self.kind):
                if entry.name in found:
                    both = f"{found[entry.name].origin} and {entry.origin}"
                    raise BenchError(f"Two {self.kind}s are called '{entry.name}': {both}. Rename one of them.")
                found[entry.name] = entry
        return dict(sorted(found.items()))

    def names(self) -> list[str]:
        """Every name, in alphabetical order; imports nothing."""
        return list(self.entries)

    def entry(self, name: str) -> Entry:
        """The entry called `name`; raises `UnknownNameError` with the nearest known name."""
        if name not in self.entries:
            raise UnknownNameError(self.kind, name, self.entries)
        return self.entries[name]

    def get(self, name: str) -> Any:
        """Import and return the object called `name`; raises `UnknownNameError` if there is none."""
        return self.entry(name).resolve()

    def __contains__(self, name: object) -> bool:
        return name in self.entries


PACKAGES: dict[str, tuple[str, ...]] = {
    "method": ("bench.methods",),
    "dataset": ("bench.datasets",),
    "network": ("bench.networks",),
    "objective": ("bench.training", "bench.methods"),
    "report": ("bench.reports",),
    "ablation_report": ("bench.reports",),
    "prediction_report": ("bench.reports",),
    "typesetter": ("bench.reports",),
}
"""Every kind that has a registry, and the packages in whose files its decorator is looked for."""


@cache
def registry(kind: str) -> Registry:
    """The one registry of a kind; asking for it imports nothing."""
    return Registry(kind, PACKAGES[kind])


def _scan_package(package: str, kind: str) -> Iterator[Entry]:
    folders = importlib.import_module(package).__path__
    for folder in folders:
        for path in sorted(Path(folder).glob("*.py")):
            yield from _scan_file(path, f"{package}.{path.stem}", kind)


def _scan_file(path: Path, module: str, kind: str) -> Iterator[Entry]:
    text = path.read_text(encoding="utf-8")
    if f"@{kind}(" not in text:
        return
    try:
        body = ast.parse(text, str(path)).body
    except SyntaxError as error:
        yield from _entries_of_broken_file(text, path, module, kind, error)
        return
    for node in body:
        if not isinstance(node, ast.ClassDef | ast.FunctionDef):
            continue
        for decorator in node.decorator_list:
            name = _literal_name(decorator, kind)
            if name is not None:
                summary = (ast.get_docstring(node) or "").split("\n", 1)[0]
                yield Entry(name, module, node.name, path, node.lineno, summary)


def _entries_of_broken_file(text: str, path: Path, module: str, kind: str, error: SyntaxError) -> Iterator[Entry]:
    """The names that a file seems to register, so that they are listed and say what is wrong when asked for."""
    for found in re.finditer(rf"""^@{kind}\(["'](.+?)["']\)""", text, re.MULTILINE):
        line = text.count("\n", 0, found.start()) + 1
        yield Entry(found[1], module, "", path, line, f"broken: {error}")


def _literal_name(decorator: ast.expr, kind: str) -> str | None:
    match decorator:
        case ast.Call(func=ast.Name(id=called), args=[ast.Constant(value=str(name))]) if called == kind:
            return name
    return None
