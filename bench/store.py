"""Results on disk: one JSON file per cell, its scores beside it, failures in a folder of their own.

The record of a cell is written after its scores and appears whole or not at all, so a cell with both is finished. One
whose scores were taken away since is not: tables still show its record, and the next run computes it again.
Tables and indices can be deleted and made again from it. Records hold checksums of themselves and of their scores; what
does not agree with them is set aside in `damaged/`, so that the next run computes it again. In the working folder of an
address each file is put there at once.
"""

from __future__ import annotations

import os
import shutil
import zlib
from collections.abc import Iterator
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from bench.address import shown
from bench.atomic import write_atomically, write_text
from bench.errors import BenchError
from bench.names import require_key
from bench.progress import say
from bench.remote import is_published, mirror_of, publish, withdraw
from bench.report import CellScores
from bench.sealed import DamagedFileError, read_sealed, sealed_text, write_sealed
from bench.store_index import INDEX, Stamp, indexed_records, indexed_slots, stamp, write_index

SCHEMA = 1
CELLS, SCORES, FAILURES, DAMAGED = "cells", "scores", "failures", "damaged"
PREDICTIONS = "misclassification"
"""The folder, in that of a run, of a store of its own for what `bench misclassification` keeps."""

_OF_SCORES = "scores_crc32"
_JSON, _NPZ = ".json", ".npz"


class Store:
    """The results in one folder: `cells/KEY.json`, `scores/KEY.npz`, `failures/KEY.json`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, key: str, record: dict[str, Any], scores: CellScores) -> None:
        """Keep a finished cell, in the place of one of the same key; a failure noted under the key is over.

        Raises `BenchError` where the disk cannot be written to, and `ValueError` for NaN in the record.
        """
        arrays = _arrays(scores)
        text = sealed_text(SCHEMA, {"key": key, **record, _OF_SCORES: _checksum(arrays)})
        former = self._keep_former_scores(key, _checksum(arrays))
        write_atomically(self._scores(key), lambda temporary: _save_npz(temporary, arrays))
        write_text(self._cell(key), text)
        publish(self._scores(key), self._cell(key))
        for path in former:
            path.unlink(missing_ok=True)
        self.forget_failure(key)

    def _keep_former_scores(self, key: str, checksum: str) -> list[Path]:
        """Copy other scores that the cell has, for its record until that is replaced too; returns where they are."""
        record = self.get(key) if self.has_scores(key) else None
        former = None if record is None else record.get(_OF_SCORES)
        if former in (None, checksum):
            return []
        path = self._former_scores(key, str(former))
        write_atomically(path, partial(shutil.copyfile, self._scores(key)))
        return [path]

    def has(self, key: str) -> bool:
        """Whether a cell is finished, without reading it: its record is there, and its scores are."""
        return self._cell(key).exists() and self.has_scores(key)

    def finished(self, key: str) -> dict[str, Any] | None:
        """The record of a cell that need not be computed again; as `get`, and None where its scores are gone."""
        return self.get(key) if self.has_scores(key) else None

    def keys(self) -> set[str]:
        """The keys of all records, without reading them."""
        return {name.removesuffix(_JSON) for name in _names(self.folder / CELLS, _JSON)}

    def without_scores(self) -> set[str]:
        """The keys of records whose scores are gone: these cells are not finished. Each folder is listed once."""
        keys = self.keys()  # first: scores are written before records
        return keys - {name.removesuffix(_NPZ) for name in _names(self.folder / SCORES, _NPZ)}

    def stamps(self) -> dict[str, Stamp]:
        """The size and time of the file of each record, by its name."""
        folder = self.folder / CELLS
        found = {name: _stamp(f"{folder}/{name}") for name in _names(folder, _JSON)}
        return {name: one for name, one in found.items() if one is not None}

    def get(self, key: str) -> dict[str, Any] | None:
        """The record of a cell; None also for a damaged one, which is set aside.

        Raises `BenchError` for a file of a newer version, or one that cannot be read.
        """
        path = self._cell(key)
        return self._sound(path) if path.exists() else None

    def records(self) -> list[dict[str, Any]]:
        """All records, in the order of their keys; damaged ones are set aside. Errors as `get`."""
        stamps = self.stamps()
        known = indexed_records(self.folder / INDEX, stamps)
        found = (known.get(name) or self._sound(self.folder / CELLS / name) for name in sorted(stamps))
        return [record for record in found if record is not None]

    def slots(self) -> dict[str, str]:
        """What each cell with a record was asked for as, by its key: its slot; its key itself where it has none."""
        stamps = self.stamps()
        known = indexed_slots(self.folder / INDEX, stamps)
        found = {name.removesuffix(_JSON): slot or name.removesuffix(_JSON) for name, slot in known.items()}
        for name in stamps.keys() - known.keys():
            if (record := self._sound(self.folder / CELLS / name)) is not None:
                found[name.removesuffix(_JSON)] = record.get("slot") or name.removesuffix(_JSON)
        return found

    def index(self) -> int:
        """Bring the index up to date, by which `records` is fast; returns how many cells it has.

        Raises `BenchError` where it cannot be written.
        """
        path, stamps = self.folder / INDEX, self.stamps()
        known = indexed_records(path, stamps)
        if known.keys() == stamps.keys() and path.exists():
            return len(known)
        new = {name: self._sound(self.folder / CELLS / name) for name in sorted(stamps.keys() - known.keys())}
        sound = {name: record for name, record in new.items() if record is not None}
        return write_index(path, stamps, known | sound)

    def scores(self, key: str) -> CellScores:
        """The scores of a finished cell.

        Raises `BenchError` when they are gone or cannot be read, and when they are damaged: then the cell is set aside.
        """
        path = self._scores(key)
        if not path.exists():
            raise BenchError(
                f"The scores of cell {key} are gone: {path} is missing. Run the command that computed the cell again, "
                f"such as bench rerun {self.folder}."
            )
        try:
            arrays = _load_npz(path)
            record = self.get(key)
            kept = None if record is None else record.get(_OF_SCORES)
            if kept not in (None, _checksum(arrays)):
                arrays = self._load_former(key, str(kept))
        except DamagedFileError as error:
            kept = self._set_aside(key)
            where = f"It was put into {self.folder / DAMAGED}." if kept else "Delete it and its record."
            told = f"{where} Run the same command again to compute the cell anew."
            raise DamagedFileError(path, error.reason, told) from error
        return CellScores(arrays["id_scores"], arrays["ood_scores"], arrays.get("id_correct"))

    def _load_former(self, key: str, checksum: str) -> dict[str, np.ndarray[Any, Any]]:
        """The scores that the record was made from, where a writer died before it replaced that too."""
        path = self._former_scores(key, checksum)
        arrays = _load_npz(path) if path.exists() else {}
        if _checksum(arrays) != checksum:
            raise DamagedFileError(self._scores(key), "they are not the scores that its record was made from")
        return arrays

    def has_scores(self, key: str) -> bool:
        """Whether the scores of a cell are there, without reading them."""
        return self._scores(key).exists()

    def copy_from(self, other: Store, key: str) -> None:
        """Take over a finished cell of another store as it is; one whose scores are gone there, without them."""
        for path, mine in ((other._scores(key), self._scores(key)), (other._cell(key), self._cell(key))):
            if path.exists():
                write_atomically(mine, partial(shutil.copyfile, path))

    def put_failure(self, key: str, cell: dict[str, Any], message: str, traceback: str) -> Path:
        """Note that a cell failed, and why; never counted as a result. Returns the file's path."""
        path = self._failure(key)
        write_sealed(path, SCHEMA, {"key": key, "cell": cell, "message": message, "traceback": traceback})
        publish(path)
        return path

    def forget_failure(self, key: str) -> None:
        """Remove the note that something failed, if there is one: it is over."""
        path = self._failure(key)
        if path.exists():
            path.unlink(missing_ok=True)
            withdraw(path)

    def failures(self) -> list[dict[str, Any]]:
        """All noted failures of cells that were not finished since; damaged notes are left out, and said."""
        return list(self._failures())

    def _failures(self) -> Iterator[dict[str, Any]]:
        for path in sorted((self.folder / FAILURES).glob("*.json")):
            if self.has(path.stem) or (self._cell(path.stem).exists() and mirror_of(path) is not None):
                continue  # an address keeps the scores that are not here
            try:
                yield read_sealed(path, SCHEMA)
            except DamagedFileError as error:
                say(f"Warning: {error}")

    def _sound(self, path: Path) -> dict[str, Any] | None:
        try:
            record = read_sealed(path, SCHEMA)
            if record.get("key") != path.stem:
                raise DamagedFileError(path, "it has the key of another cell")
            return record
        except FileNotFoundError:  # another process has set it aside
            return None
        except DamagedFileError as error:
            where = f"It was put into {self.folder / DAMAGED}" if self._set_aside(path.stem) else "It is left out"
            say(f"Warning: {path} is damaged ({error.reason}). {where}; the same command computes the cell again.")
            return None

    def _set_aside(self, key: str) -> bool:
        """Take the record of a cell and its scores out of the results; false where the folder cannot be written to.

        They leave the address as well where it has the same, as it would give them back; else it has sound ones.
        """
        paths = (self._cell(key), self._scores(key))
        try:
            is_damaged_there = is_published(*paths)
            (self.folder / DAMAGED).mkdir(exist_ok=True)
            for path in paths:
                if path.exists():
                    path.replace(self.folder / DAMAGED / path.name)
        except OSError:
            return False
        if is_damaged_there:
            for path in paths:
                withdraw(path)
        return True

    def _cell(self, key: str) -> Path:
        return self.folder / CELLS / f"{require_key(key)}.json"

    def _scores(self, key: str) -> Path:
        return self.folder / SCORES / f"{require_key(key)}.npz"

    def _former_scores(self, key: str, checksum: str) -> Path:
        return self.folder / SCORES / f"{key}-{checksum}.npz"

    def _failure(self, key: str) -> Path:
        return self.folder / FAILURES / f"{require_key(key)}.json"


def no_results(folder: Path) -> BenchError:
    """What is said where results are asked for and there are none."""
    return BenchError(f"There are no results in {shown(folder)}. Make some with: bench run … --out {shown(folder)}")


def _names(folder: Path, ending: str) -> list[str]:
    """The files in a folder with this ending, but for temporary ones."""
    names = os.listdir(folder) if folder.is_dir() else []  # noqa: PTH208 - quicker, and there may be many
    return [name for name in names if name.endswith(ending) and name[0] != "."]


def _stamp(path: str) -> Stamp | None:
    try:
        return stamp(os.stat(path))  # noqa: PTH116 - as above
    except FileNotFoundError:  # another process has set it aside
        return None


def _arrays(scores: CellScores) -> dict[str, np.ndarray[Any, Any]]:
    arrays: dict[str, np.ndarray[Any, Any]] = {"id_scores": scores.id_scores, "ood_scores": scores.ood_scores}
    if scores.id_correct is not None:
        arrays["id_correct"] = scores.id_correct
    return arrays


def _checksum(arrays: dict[str, np.ndarray[Any, Any]]) -> str:
    found = 0
    for name, array in sorted(arrays.items()):
        found = zlib.crc32(f"{name} {array.dtype.str} {array.shape}".encode(), found)
        found = zlib.crc32(np.ascontiguousarray(array).data, found)
    return f"{found:08x}"


def _save_npz(path: Path, arrays: dict[str, np.ndarray[Any, Any]]) -> None:
    with path.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)


def _load_npz(path: Path) -> dict[str, np.ndarray[Any, Any]]:
    """The arrays of a file of scores. Raises `DamagedFileError`, and `BenchError` where it cannot be read."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BenchError(f"Cannot read {path}: {error.strerror or error}.") from error
    try:
        with np.load(BytesIO(content), allow_pickle=False) as arrays:
            found = dict(arrays.items())
            if not {"id_scores", "ood_scores"} <= found.keys():
                raise KeyError("id_scores and ood_scores")
            return found
    except MemoryError as error:
        raise BenchError(f"{path} does not fit into memory.") from error
    except Exception as error:  # bytes that are no such file make its readers raise almost anything
        raise DamagedFileError(path, error) from error
