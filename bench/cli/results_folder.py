"""Arguments and options that name a results folder, a folder or an address such as `s3://bucket/runs/a`; or none."""

from __future__ import annotations

from pathlib import Path


def results(text: str | Path) -> Path:
    """The folder to read, or the working folder of an address with all results that are there, of which there are some.

    Raises `BenchError` for an address without results.
    """
    from bench.remote import fetched_results

    return fetched_results(text)


def state(text: str | Path) -> Path:
    """As `results`, without scores: what the state of a run is told by."""
    from bench.remote import fetched_results

    return fetched_results(text, whole=False)


def target(text: str | Path) -> Path:
    """The folder to put results into, or the working folder of an address with what is there already.

    Raises `BenchError` for what is meant as stdout.
    """
    from bench.remote import fetched_folder

    _require_name(text)
    return fetched_folder(text)


def local(text: str | Path) -> Path:
    """A folder or file of this machine. Raises `BenchError` for an address, and for what is meant as stdout."""
    from bench.address import is_address
    from bench.errors import BenchError

    _require_name(text)
    if is_address(text):
        raise BenchError(f"'{text}' is an address. This command writes to a folder: name one of this machine.")
    return Path(text)


def _require_name(text: str | Path) -> None:
    """Raise `BenchError` for `-`, by which other programs mean stdout."""
    from bench.errors import BenchError

    if text == "-":
        raise BenchError("'-' is not stdout here: this command writes files. Name one (one called so is ./-).")
