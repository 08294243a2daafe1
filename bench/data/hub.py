"""Hugging Face data sets on this machine, read by the hub's own client library; nothing is downloaded or run."""

from __future__ import annotations

import os
import re
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from bench.cache import cache_root
from bench.errors import BenchError, MissingDataError
from bench.optional import optional_module

from .decode import BrokenImageError
from .encoded import EncodedImages

EXTRA, PURPOSE = "hf", "to read a Hugging Face data set"
_REPOSITORY = re.compile(r"[\w-][\w.-]*(/[\w-][\w.-]*)?")


class HubImages(EncodedImages):
    """The images in `column` of a `datasets.Dataset` whose files lie below `home`; `split` is part of their names."""

    def __init__(self, rows: Any, column: str, split: str, home: Path) -> None:
        self.rows, self.column, self.split, self.home = rows, column, split, home

    def __len__(self) -> int:
        return len(self.rows)

    def open(self, index: int) -> BinaryIO:
        """The bytes in the table, or the file that it names.

        Raises `BrokenImageError` where there is neither, or the file lies elsewhere.
        """
        found = self.rows[index][self.column]
        if found is not None and found.get("bytes") is not None:
            return BytesIO(found["bytes"])
        path = (found or {}).get("path")
        if not path:
            raise BrokenImageError(self.address(index), "it is missing in the table")
        real = Path(os.path.realpath(self.home / path))
        if not real.is_relative_to(os.path.realpath(self.home)):
            raise BrokenImageError(self.address(index), f"its file {path} is not one of the data set")
        try:
            return real.open("rb")
        except OSError as error:
            raise BrokenImageError(self.address(index), f"there is no file {path}") from error

    def sample_id(self, index: int) -> str:
        """The split and the place in it."""
        return f"{self.split}[{index}]"

    def address(self, index: int) -> str:
        """The same, with where the data set is."""
        return f"{self.split}[{index}] of {self.home}"

    def take(self, indices: NDArray[np.intp]) -> HubImages:
        """The rows at `indices`, as if there were no others."""
        found = HubImages(self.rows.select(indices), self.column, self.split, self.home)
        found.labels = None if self.labels is None else self.labels[indices]
        found.classes, found.note = self.classes, self.note
        return found


def hub_cache() -> Path:
    """Where the hub's client library keeps what it downloaded."""
    home = Path(os.environ.get("HF_HOME", Path.home() / ".cache" / "huggingface"))
    return Path(os.environ.get("HF_HUB_CACHE", home / "hub"))


def repository_folder(name: str) -> Path:
    """Where the client library keeps the data set `name`. Raises `BenchError` for a text that is no name."""
    if not _REPOSITORY.fullmatch(name):
        raise BenchError(f"'{name}' is neither a folder nor the name of a Hugging Face data set, such as OWNER/NAME.")
    return hub_cache() / f"datasets--{name.replace('/', '--')}"


def download_command(name: str) -> str:
    """A sentence that says how to get the data set `name`."""
    return f"Get it with the hub's own client: hf download {name} --repo-type dataset"


def snapshot(name: str) -> Path:
    """The folder with the files of the data set `name` of the hub. Raises `MissingDataError` where it is not here."""
    hub = optional_module("huggingface_hub", extra=EXTRA, purpose=PURPOSE)
    try:
        return Path(hub.snapshot_download(name, repo_type="dataset", local_files_only=True, cache_dir=hub_cache()))
    except hub.errors.LocalEntryNotFoundError as error:
        raise MissingDataError(
            f"The Hugging Face data set {name} is not whole on this machine. {download_command(name)}"
        ) from error


def read_table(folder: Path, config: str | None) -> dict[str, Any]:
    """The splits of the data set in `folder`, by name, each a `datasets.Dataset`; what is converted stays in the cache.

    Raises `BenchError` for a data set that would need a script to be run, or that the library cannot read.
    """
    if (folder / f"{folder.name}.py").exists():
        raise BenchError(f"The data set {folder} is made by a script of its own, and such are never run.")
    library = optional_module("datasets", extra=EXTRA, purpose=PURPOSE)
    quiet = library.are_progress_bars_disabled()
    library.disable_progress_bars()
    try:
        return dict(library.load_dataset(str(folder), config, cache_dir=str(cache_root() / "hf")))
    except Exception as error:  # the library passes on whatever its readers raise
        raise BenchError(f"Cannot read the Hugging Face data set {folder}: {error}") from error
    finally:
        if not quiet:
            library.enable_progress_bars()
