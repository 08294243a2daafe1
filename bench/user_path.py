"""Paths as users write them, in files and on the command line."""

from __future__ import annotations

from pathlib import Path

from bench.errors import BenchError


def user_path(text: str | Path, base: Path = Path()) -> Path:
    """`text` as a path that counts from the folder `base`; `~` is the user's home, `~NAME` that of another.

    Raises `BenchError` for a home that there is not, and for what no file can be called.
    """
    if "\0" in str(text):
        raise BenchError(f"{str(text)!r} is no path: it has a NUL character in it.")
    try:
        return base / Path(text).expanduser()
    except RuntimeError as error:
        raise BenchError(f"'{text}' is no path here: {error} Write the whole path.") from error
