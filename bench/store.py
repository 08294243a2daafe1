"""Results on disk: one JSON file per cell, its scores beside it, failures in a folder of their own.

The record of a cell is written after its scores and appears whole or not at all, so whatever is there is finished.
Tables and indices can be deleted and made again from it.
"""

from __future__ import annotations

import json
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from bench.atomic import write_atomically, write_json
from bench.errors import BenchError
from bench.report import CellScores

SCHEMA = 1


class Store:
    """The results in one folder: `cells/KEY.json`, `scores/KEY.npz`, `failures/KEY.json`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, key: str, record: dict[str, Any], scores: CellScores) -> None:
        """Keep a finished cell; a failure noted under the same key is over."""
        arrays: dict[str, np.ndarray[Any, Any]] = {"id_scores": scores.id_scores, "ood_scores": scores.ood_scores}
        if scores.id_correct is not None:
            arrays["id_correct"] = scores.id_correct
        write_atomically(self._scores(key), lambda temporary: _save_npz(temporary, arrays))
        write_json(self._cell(key), {"schema": SCHEMA, "key": key, **record})
        self._failure(key).unlink(missing_ok=True)

    def get(self, key: str) -> dict[str, Any] | None:
        """The record of a finished cell, or None. Raises `BenchError` for a damaged or newer file."""
        return _read_record(self._cell(key)) if self._cell(key).exists() else None

    def records(self) -> list[dict[str, Any]]:
        """All finished cells' records, in the order of their keys."""
        return [_read_record(path) for path in sorted((self.folder / "cells").glob("*.json"))]

    def scores(self, key: str) -> CellScores:
        """The scores of a finished cell. Raises `BenchError` when they are gone or damaged."""
        path = self._scores(key)
        if not path.exists():
            raise BenchError(
                f"The scores of cell {key} are gone: {path} is missing. Delete {self._cell(key)} and re-run."
            )
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                return CellScores(arrays["id_scores"], arrays["ood_scores"], arrays.get("id_correct"))
        except (ValueError, KeyError, OSError, EOFError, TypeError, zipfile.BadZipFile, zlib.error) as error:
            raise BenchError(f"{path} is damaged ({error}). Delete {self._cell(key)} and re-run.") from error

    def put_failure(self, key: str, cell: dict[str, Any], message: str, traceback: str) -> Path:
        """Note that a cell failed, and why; never counted as a result. Returns the file's path."""
        path = self._failure(key)
        write_json(path, {"schema": SCHEMA, "key": key, "cell": cell, "message": message, "traceback": traceback})
        return path

    def failures(self) -> list[dict[str, Any]]:
        """All noted failures."""
        return [_read_record(path) for path in sorted((self.folder / "failures").glob("*.json"))]

    def _cell(self, key: str) -> Path:
        return self.folder / "cells" / f"{key}.json"

    def _scores(self, key: str) -> Path:
        return self.folder / "scores" / f"{key}.npz"

    def _failure(self, key: str) -> Path:
        return self.folder / "failures" / f"{key}.json"


def _save_npz(path: Path, arrays: dict[str, np.ndarray[Any, Any]]) -> None:
    with path.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)


def _read_record(path: Path) -> dict[str, Any]:
    try:
        record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        newer = record["schema"] > SCHEMA
    except (ValueError, KeyError, TypeError) as error:
        raise BenchError(f"{path} is damaged ({error}). Delete it and re-run the same command.") from error
    if newer:
        raise BenchError(
            f"{path} was written by a newer version (schema {record['schema']}, known: {SCHEMA}). Upgrade oodbench."
        )
    return record
