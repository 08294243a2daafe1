"""Arguments and options that name a results folder: a folder, or an address such as `s3://bucket/runs/a`."""

from __future__ import annotations

from pathlib import Path


def results(text: str | Path) -> Path:
    """The folder, or the working folder of an address, with all results that are there."""
    from bench.remote import fetched_folder

    return fetched_folder(text)


def state(text: str | Path) -> Path:
    """As `results`, without scores: what the state of a run is told by."""
    from bench.remote import fetched_folder

    return fetched_folder(text, whole=False)
