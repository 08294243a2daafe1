"""Which names a file registers, read off its text without importing it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

from bench.names import LONGEST, why_no_name

from .entry import Entry
from .source import Refused, Source


def scan(text: str, path: Path, kinds: Sequence[str], source: Source) -> Iterator[Entry]:
    """An entry for each class or function on the top level of `text` below `@KIND("name")` or `@bench.KIND("name")`.

    A file that is no Python gives those that it seems to register, so that they are listed and say what is wrong.
    """
    wanted = [kind for kind in kinds if f"@{kind}(" in text or f"@bench.{kind}(" in text]
    if not wanted:
        return
    try:
        body = ast.parse(text, str(path)).body
    except SyntaxError as error:
        yield from _entries_of_broken_file(text, path, wanted, source, error)
        return
    for node in body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            for kind, name in _registered(node, wanted):
                found = Entry(name, kind, source, node.name, path, node.lineno, summary_of(node))
                why = why_no_name(name)
                yield _nameless(found, why) if why else found


def _nameless(entry: Entry, why: str) -> Entry:
    """What stands in the place of an entry whose name could lead a path elsewhere, or a reader astray."""
    shown = ascii(entry.name)[1:-1][:LONGEST]
    reason = f"{shown!r} ({entry.origin}) cannot name a {entry.kind}: {why}"
    return replace(entry, name=shown, source=Refused(f"{reason}."), summary=f"broken: {reason}", broken=reason)


def summary_of(node: ast.ClassDef | ast.FunctionDef) -> str:
    """The first line of a docstring, or nothing."""
    return (ast.get_docstring(node) or "").split("\n", 1)[0]


def missing_library(text: str) -> str:
    """Why a file cannot be imported, if a library that it imports on its top level is not installed; else empty.

    A file that changes where Python looks for modules is not judged.
    """
    if "sys.path" in text:
        return ""
    for node in ast.parse(text).body:
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.append(node.module)
        for name in names:
            if not is_installed(name.partition(".")[0]):
                return f"ModuleNotFoundError: No module named '{name.partition('.')[0]}'"
    return ""


def is_installed(name: str) -> bool:
    """Whether a top-level module could be imported; nothing is."""
    try:
        return find_spec(name) is not None
    except ValueError:  # a module that was put in place by hand, such as __main__
        return True


def _registered(node: ast.ClassDef | ast.FunctionDef, kinds: Sequence[str]) -> Iterator[tuple[str, str]]:
    for decorator in node.decorator_list:
        match decorator:
            case ast.Call(
                func=ast.Name(id=kind) | ast.Attribute(value=ast.Name(id="bench"), attr=kind),
                args=[ast.Constant(value=str(name))],
            ) if kind in kinds:
                yield kind, name


def _entries_of_broken_file(
    text: str, path: Path, kinds: Sequence[str], source: Source, error: SyntaxError
) -> Iterator[Entry]:
    why = f"{type(error).__name__}: {error}"
    for found in re.finditer(rf"""^@(?:bench\.)?({"|".join(kinds)})\(\s*["'](.+?)["'][,)]""", text, re.MULTILINE):
        line = text.count("\n", 0, found.start()) + 1
        yield Entry(found[2], found[1], source, "", path, line, f"broken: {why}", why)
