"""The plugin files of this process."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from bench.errors import BenchError, UnknownNameError
from bench.toml_file import PROJECT_FILE, read_toml

from .file import PluginFile

_ACTIVE: dict[Path, PluginFile] = {}


def activate(paths: Iterable[str | Path]) -> tuple[PluginFile, ...]:
    """Make what the files at `paths` register known by name in this process, and return these plugins.

    Nothing is imported until it is asked for. A file that has changed since replaces what it was before. Whoever
    starts a worker process passes on `active_paths()`. Raises `BenchError` for a path that is no readable Python file.
    """
    found = tuple(PluginFile.read(_absolute(path)) for path in paths)
    _ACTIVE.update({one.path: one for one in found})
    return found


def activate_project(folder: Path) -> None:
    """Activate the files that the `bench.toml` in `folder` names by `[plugins] files = […]`, if there is one.

    Paths count from that folder. A file that cannot be read is listed as broken. Raises `BenchError` for a table that
    says something else.
    """
    path = folder / PROJECT_FILE
    table = read_toml(path).get("plugins", {}) if path.exists() else {}
    if not isinstance(table, dict) or not isinstance(table.get("files", []), list):
        raise BenchError(f'[plugins] in {path} must be a table such as: files = ["my_method.py"].')
    for key in table:
        if key != "files":
            raise UnknownNameError(f"key of [plugins] in {path}:", key, ["files"])
    for text in table.get("files", []):
        if not isinstance(text, str):
            raise BenchError(f"[plugins] files in {path} must be paths in quotes, not {text!r}.")
        _activate_if_readable(_absolute(folder / Path(text).expanduser()))


def active_files() -> tuple[PluginFile, ...]:
    """The active plugin files, in the order in which they were activated."""
    return tuple(_ACTIVE.values())


def active_paths() -> tuple[Path, ...]:
    """The paths of the active plugin files, by which another process can activate them."""
    return tuple(_ACTIVE)


def _activate_if_readable(path: Path) -> None:
    try:
        activate([path])
    except BenchError as error:
        _ACTIVE[path] = PluginFile(path, "", "", unreadable=str(error))


def _absolute(path: str | Path) -> Path:
    return Path(path).expanduser().resolve()
