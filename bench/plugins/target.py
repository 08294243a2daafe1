"""From `path.py`, `path.py:NAME` or `module:NAME` to what is meant."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from bench.errors import BenchError, UnknownNameError

from .active import activate
from .entry import Entry
from .source import Importable


def resolve_target(text: str) -> tuple[Any, ...]:
    """The objects that `text` names, imported now.

    `path.py` activates a plugin file and means everything that it registers, `path.py:NAME` one of these by its
    registered name or that of its class; `module:NAME` is an attribute of a module that can be imported, from the
    current folder too. Raises `BenchError` where nothing is found or the import fails.
    """
    place, colon, name = text.rpartition(":") if not text.endswith(".py") else (text, "", "")
    if place.endswith(".py"):
        return tuple(entry.resolve() for entry in _of_file(place, name))
    if not colon or not place or not name:
        raise BenchError(f"'{text}' is no path.py, path.py:NAME or module:NAME.")
    folder = os.fspath(Path.cwd())
    if folder not in sys.path:
        sys.path.append(folder)  # last, so that a file of the user's hides no library
    return (Entry(text, "", Importable(place), name, Path(place), 0, "").resolve(),)


def _of_file(path: str, name: str) -> list[Entry]:
    [file] = activate([path])
    if not file.entries:
        raise BenchError(f"The plugin {file.path} is broken: {file.broken}.")
    chosen = [one for one in file.entries if name in ("", one.name, one.attribute)]
    if not chosen:
        raise UnknownNameError(f"name in {path}:", name, [one.name for one in file.entries])
    return chosen
