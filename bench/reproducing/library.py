"""The papers' tables that are shipped: TOML files beside the reports, each with its published figures as CSV."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from bench.errors import BenchError, UnknownNameError
from bench.toml_file import read_toml


def folder() -> Path:
    """Where the shipped tables are."""
    return Path(str(files("bench.reports").joinpath("papers")))


def paper_names() -> list[str]:
    """The shipped tables, in alphabetical order."""
    return sorted(path.stem for path in folder().glob("*.toml"))


def paper_summary(name: str) -> str:
    """One line on what a shipped table shows."""
    return str(read_toml(paper_path(name)).get("title", ""))


def paper_path(text: str) -> Path:
    """The file of a shipped table, or the user's own file `….toml`.

    Raises `UnknownNameError` for an unknown name, `BenchError` for a file that is not there.
    """
    if text.endswith(".toml"):
        if not Path(text).is_file():
            raise BenchError(f"There is no file {text}. Shipped tables: {', '.join(paper_names())}.")
        return Path(text)
    if text not in paper_names():
        raise UnknownNameError("paper table", text, paper_names())
    return folder() / f"{text}.toml"
