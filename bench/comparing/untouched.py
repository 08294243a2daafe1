"""A results folder that is only read: what is damaged in it is told, and stays where it is."""

from __future__ import annotations

from typing import Any

from bench.sealed import DamagedFileError, read_sealed
from bench.store import DAMAGED, SCHEMA, Store


class UntouchedStore(Store):
    """The results in a folder in which nothing is changed, not even by setting damaged cells aside."""

    def read(self, key: str) -> dict[str, Any]:
        """The record of a cell from its own file, whatever an index knows.

        Raises `DamagedFileError` where it is not what was written, and `BenchError` for a file of a newer version, or
        one that cannot be read.
        """
        path = self._cell(key)
        record = read_sealed(path, SCHEMA)
        if record.get("key") != key:
            raise DamagedFileError(path, "it has the key of another cell")
        return record

    def damaged(self) -> list[str]:
        """The names of the files that other commands set aside as damaged."""
        folder = self.folder / DAMAGED
        return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []

    def _set_aside(self, key: str) -> bool:
        return False
