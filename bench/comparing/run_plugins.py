"""The plugin files that a run was made with: found again, and used only if they are what they were."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.plugins import PluginFile, active_files, ensure_active


def restore_plugins(provenance: Mapping[str, Any], results: Path) -> list[str]:
    """Activate the plugin files that a cell's `provenance` tells of; returns what keeps others from it, in words.

    A file must have the bytes that it had then. One that lies in the folder of the `results` came with them, maybe from
    somebody else, and is run only if it was named. Files that are active already stay as they are.
    """
    problems = []
    for told in provenance.get("plugins") or []:
        path, digest = Path(told.get("file", "")), told.get("sha256")
        if "file" not in told or digest in {file.sha256 for file in active_files()}:
            continue
        problem = _problem(path, digest, results)
        if problem:
            problems.append(f"its plugin {path} {problem}")
        else:
            ensure_active([path])
    return problems


def _problem(path: Path, digest: object, results: Path) -> str:
    """Why a plugin file cannot be used, or nothing."""
    if not path.is_file():
        return "is gone: name a copy of it with --plugin"
    if path.resolve().is_relative_to(results.resolve()):
        return "came with the results: look at it, and name it with --plugin"
    if PluginFile.read(path).sha256 != digest:
        return "has changed since: name the file of then with --plugin"
    return ""
