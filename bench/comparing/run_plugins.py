"""The plugin files that a run was made with: found again, and used only if they are what they were."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.plugins import PluginFile, active_files, ensure_active


def restore_plugins(provenance: Mapping[str, Any], *, trusts_code: bool) -> list[str]:
    """Activate the plugin files that a cell's `provenance` tells of; returns what keeps others from it, in words.

    Results may be a stranger's, so that code which they alone name is run only where that is said (`trusts_code`), and
    a file must have the bytes that it had then. Files that are active already stay as they are.
    """
    plugins, problems = provenance.get("plugins") or [], []
    if not isinstance(plugins, list) or not all(isinstance(told, Mapping) for told in plugins):
        return ["what is noted of its plugins is damaged"]
    for told in plugins:
        path, digest = Path(str(told.get("file", ""))), told.get("sha256")
        if "file" not in told or digest in {file.sha256 for file in active_files()}:
            continue
        problem = _problem(path, digest, trusts_code)
        if problem:
            problems.append(f"its plugin {path} {problem}")
        else:
            ensure_active([path])
    return problems


def _problem(path: Path, digest: object, trusts_code: bool) -> str:
    """Why a plugin file cannot be used, or nothing."""
    if not path.is_file():
        return "is gone: name a copy of it with --plugin"
    if not trusts_code:
        return "is named by the results alone: look at it, and add --trust-code"
    if PluginFile.read(path).sha256 != digest:
        return "has changed since: name the file of then with --plugin"
    return ""
