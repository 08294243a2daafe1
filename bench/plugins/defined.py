"""Where in a file something is defined, read off its text."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

from .scan import missing_library, summary_of


@dataclass(frozen=True)
class Definition:
    """The line of a definition and how its docstring begins; `broken` says why it cannot be had, or is empty."""

    line: int = 0
    summary: str = ""
    broken: str = ""


def find_definition(path: Path, attribute: str) -> Definition:
    """Where the file at `path` defines `attribute`, a name on its top level, which may be followed by others.

    A name that may come into being when the file is run, by a star import for instance, is taken to be there.
    """
    if path.suffix != ".py":
        return Definition()
    try:
        text = path.read_text(encoding="utf-8")
        body = ast.parse(text, str(path)).body
    except (OSError, UnicodeDecodeError, SyntaxError) as error:
        return Definition(broken=f"{type(error).__name__}: {error}")
    missing = missing_library(text)
    if missing:
        return Definition(broken=missing)
    name = attribute.partition(".")[0]
    for node in body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == name:
            return Definition(node.lineno, summary_of(node))
    for inner in ast.walk(ast.Module(body, [])):
        if _may_make(inner, name):
            return Definition(getattr(inner, "lineno", 0))
    return Definition(broken=f"AttributeError: the module has no attribute '{name}'")


def _may_make(node: ast.AST, name: str) -> bool:
    match node:
        case ast.alias(name=imported, asname=alias):
            return name in (alias or imported.partition(".")[0], "*") or imported == "*"
        case ast.Name(id=stored, ctx=ast.Store()):
            return stored in (name, "globals")
        case ast.FunctionDef(name="__getattr__"):
            return True
        case ast.ClassDef(name=made) | ast.FunctionDef(name=made):
            return made == name
        case ast.Call(func=ast.Name(id="globals" | "setattr")):
            return True
    return False
