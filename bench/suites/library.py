"""Suites by name: those that are shipped and those that packages bring; and by the path of a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from bench.errors import BenchError, UnknownNameError
from bench.plugins import Entry, all_plugins, plugin_entries
from bench.user_path import user_path

from .file import suite_from_file, suite_from_table
from .suite import Suite

FOLDER = Path(__file__).parent / "shipped"


def suite_names() -> list[str]:
    """The names of all suites, in alphabetical order; nothing is imported."""
    return sorted({*_shipped(), *_brought()})


def find_suite(text: str, base: Path = Path()) -> Suite:
    """The suite of that name, or in the file at that path; a relative path counts from the folder `base`.

    Raises `UnknownNameError` for a name that no suite has, and `BenchError` for a file or plugin that is wrong and for
    a name that two suites have.
    """
    shipped, brought = _shipped(), _brought().get(text, [])
    origins = [*([str(shipped[text])] if text in shipped else []), *(entry.origin for entry in brought)]
    if len(origins) > 1:
        raise BenchError(f"Two suites are called '{text}': {origins[0]} and {origins[1]}. Leave a plugin out.")
    if brought:
        return _of_plugin(brought[0])
    if text in shipped:
        return suite_from_file(shipped[text])
    if text.endswith(".toml") or "/" in text:
        return suite_from_file(user_path(text, base))
    raise UnknownNameError("suite", text, suite_names())


def _shipped() -> dict[str, Path]:
    return {path.stem: path for path in FOLDER.glob("*.toml")}


def _brought() -> dict[str, list[Entry]]:
    """The entry points of the group `oodbench.suites`, by name."""
    found: dict[str, list[Entry]] = {}
    for entry in plugin_entries(all_plugins(), "suite"):
        found.setdefault(entry.name, []).append(entry)
    return found


def _of_plugin(entry: Entry) -> Suite:
    """The suite at an entry point: the path of a TOML file, from its module's folder, or a table with a file's keys."""
    value = entry.resolve()
    if isinstance(value, str | Path):
        return replace(suite_from_file(entry.path.parent / value), name=entry.name)
    if isinstance(value, Mapping):
        return suite_from_table(value, entry.name, entry.path)
    raise BenchError(
        f"The suite '{entry.name}' ({entry.origin}) must be the path of a TOML file, or a dictionary with the keys of "
        f"one, not {value!r}."
    )
