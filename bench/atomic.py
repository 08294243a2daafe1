"""Files that appear whole or not at all.

Written to a temporary file in the same folder, flushed to disk, renamed over the target, and the folder flushed. A
crash at any moment leaves the old content or the new one. Not protected against: a disk that lies about flushing,
and two writers of one path (the later rename wins, whole).
"""

from __future__ import annotations

import contextlib
import json
import os
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.errors import BenchError


def write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a temporary file, then put it in the place of `path`. Raises `BenchError` when that fails."""
    temporary = path.parent / f".{path.name}.{uuid.uuid4().hex}.tmp"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(temporary)
        _flush(temporary)
        temporary.replace(path)
        _flush(path.parent)
    except OSError as error:
        raise BenchError(
            f"Cannot write {path}: {error.strerror or error}. Free space or choose another folder."
        ) from error
    finally:
        with contextlib.suppress(OSError):  # the error that matters is the one on its way
            temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8, atomically."""
    write_atomically(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def write_json(path: Path, data: Any) -> None:
    """Write `data` as indented JSON, atomically; NaN and infinity are refused, since JSON has none."""
    write_text(path, json.dumps(data, indent=1, allow_nan=False) + "\n")


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
