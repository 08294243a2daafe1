"""Paths as users write them, in files and on the command line."""

from __future__ import annotations

import os
from pathlib import Path

from bench.errors import BenchError

_LONGEST, _LONGEST_WHOLE = 255, 4000
"""Bytes of a file's name and characters of a path, beyond which file systems refuse them."""


def user_path(text: str | Path, base: Path = Path()) -> Path:
    """`text` as a path that counts from the folder `base`; `~` is the user's home, `~NAME` that of another.

    Raises `BenchError` for a home that there is not, and for what no file can be called.
    """
    if "\0" in str(text):
        raise BenchError(f"{str(text)!r} is no path: it has a NUL character in it.")
    if any(len(os.fsencode(part)) > _LONGEST for part in Path(text).parts) or len(str(text)) > _LONGEST_WHOLE:
        raise BenchError(f"'{str(text)[:60]}…' is no path: it is longer than any file's name.")
    try:
        return base / Path(text).expanduser()
    except RuntimeError as error:
        raise BenchError(f"'{text}' is no path here: {error} Write the whole path.") from error
