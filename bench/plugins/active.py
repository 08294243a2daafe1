"""The plugin files of this process."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from bench.errors import BenchError, UnknownNameError
from bench.toml_file import PROJECT_FILE, read_toml
from bench.user_path import user_path

from .file import PluginFile

_ACTIVE: dict[Path, PluginFile] = {}


def activate(paths: str | Path | Iterable[str | Path]) -> tuple[PluginFile, ...]:
    """Make what the files at `paths` register known by name in this process, and return these plugins.

    Nothing is imported until it is asked for. A file that has changed since replaces what it was before. Whoever
    starts a worker process passes on `active_paths()`. Raises `BenchError` for a path that is no readable Python file.
    """
    several = [paths] if isinstance(paths, str | Path) else paths
    found = tuple(PluginFile.read(_absolute(path)) for path in several)
    _ACTIVE.update({one.path: one for one in found})
    return found


def ensure_active(paths: Iterable[str | Path]) -> None:
    """Activate those of `paths` that are not active yet; the others stay as they were read."""
    activate(path for path in paths if _absolute(path) not in _ACTIVE)


def activate_with_project(paths: str | Path | Iterable[str | Path] = ()) -> None:
    """Activate the files that the current folder's `bench.toml` names by `[plugins] files`, then those at `paths`.

    A file of the project that cannot be read is listed as broken. Raises `BenchError` for one of `paths` that cannot,
    and for a table that says something else.
    """
    _activate_project(Path.cwd())
    activate(paths)


def _activate_project(folder: Path) -> None:
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
        _activate_if_readable(_absolute(user_path(text, folder)))


def active_files() -> tuple[PluginFile, ...]:
    """The active plugin files, in the order in which they were activated."""
    return tuple(_ACTIVE.values())


def active_paths() -> tuple[Path, ...]:
    """The paths of the active plugin files that could be read, by which another process can activate them."""
    return tuple(path for path, file in _ACTIVE.items() if not file.unreadable)


def _activate_if_readable(path: Path) -> None:
    try:
        _ACTIVE[path] = PluginFile.read(path, found=True)
    except BenchError as error:
        _ACTIVE[path] = PluginFile(path, "", "", unreadable=str(error))


def _absolute(path: str | Path) -> Path:
    return user_path(path).resolve()
