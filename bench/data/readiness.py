"""Whether a data set can be loaded on this machine, judged by which of its files are there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from .dataset import DataSet, FileStatus


def readiness(data_set: DataSet, root: Path) -> tuple[str, str]:
    """A word on the data set, and the files that are missing or stand in for it.

    The word is `ready`, `partly there` or `missing`, or how the set is had where it needs no files.
    """
    files = data_set.status(root)
    if not files:
        return data_set.obtained, ""
    missing = [file for file in files if file.state == "missing"]
    details = dict.fromkeys(file.detail for file in files if file.detail)
    if not missing:
        return "ready", "; ".join(details)
    word = "missing" if len(missing) == len(files) else "partly there"
    return word, "; ".join([f"no {_shown(missing, root)}", *details])


def _shown(files: Sequence[FileStatus], root: Path) -> str:
    paths = [file.path.relative_to(root) if file.path.is_relative_to(root) else file.path for file in files[:3]]
    shown = ", ".join(map(str, paths))
    return shown + (", …" if len(files) > 3 else "")
