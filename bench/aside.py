"""Taking what is damaged out of the way, so that it is made again, and may be looked at."""

from __future__ import annotations

import uuid
from pathlib import Path

from bench.errors import BenchError
from bench.progress import say

MARK = ".damaged-"
"""Stands in the names of what was set aside."""


def set_aside(path: Path, reason: object, again: str) -> None:
    """Rename a file or folder of the cache that is damaged, and say so; `again` says what is made again.

    Raises `BenchError` where it cannot be renamed.
    """
    aside = path.with_name(f"{path.name}{MARK}{uuid.uuid4().hex[:8]}")
    try:
        path.rename(aside)
    except FileNotFoundError:  # another process was quicker
        return
    except OSError as error:
        raise BenchError(
            f"{path} is damaged ({reason}), and it cannot be renamed ({error.strerror}). Delete it: {again}."
        ) from error
    say(f"Warning: {path} is damaged ({reason}). It was renamed to {aside.name}; {again}.")
