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
    if not missing:
        return "ready", "; ".join(file.detail for file in files if file.detail)
    return ("missing" if len(missing) == len(files) else "partly there"), f"no {_shown(missing, root)}"


def _shown(files: Sequence[FileStatus], root: Path) -> str:
    shown = ", ".join(str(file.path.relative_to(root)) for file in files[:3])
    return shown + (", …" if len(files) > 3 else "")
