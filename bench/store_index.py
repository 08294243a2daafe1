"""One file made from all records, so that tens of thousands of them are read fast.

`index.sqlite` can be deleted at any time and made again. A record in it counts only while the file that it was made
from has the same name, size and time, and its own checksum fits: of everything else the files are read.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bench.atomic import write_atomically

INDEX = "index.sqlite"
VERSION = 2

Stamp = tuple[int, int]
"""The size of a file in bytes, and when it was changed in nanoseconds."""

_TABLE = """
CREATE TABLE cells (
    name TEXT PRIMARY KEY, size INTEGER, changed INTEGER, crc32 INTEGER, slot TEXT,
    method TEXT, id TEXT, ood TEXT, network TEXT, seed INTEGER, protocol TEXT, record TEXT
)"""
_COLUMNS = ("method", "id", "ood", "network", "seed", "protocol")
_SETTLED = 100_000_000
"""Nanoseconds after which a change of a file is sure to change its time, too."""


def stamp(status: os.stat_result) -> Stamp:
    """What tells a file from what it was before."""
    return status.st_size, status.st_mtime_ns


def indexed_records(path: Path, stamps: Mapping[str, Stamp]) -> dict[str, dict[str, Any]]:
    """The records in the index whose files have these stamps still; none where there is no sound index."""
    return {name: json.loads(text) for name, _, text in _rows(path, stamps)}


def indexed_slots(path: Path, stamps: Mapping[str, Stamp]) -> dict[str, str]:
    """The slots of these records, empty where a record has none."""
    return {name: slot for name, slot, _ in _rows(path, stamps)}


def write_index(path: Path, stamps: Mapping[str, Stamp], records: Mapping[str, Mapping[str, Any]]) -> int:
    """Make the index anew of `records` by the names of their files, whose stamps were taken before they were read.

    Returns how many it has: files that were changed a moment ago are left out: they could change again under the same
    stamp. Raises `BenchError` where it cannot be written.
    """
    rows: list[tuple[Any, ...]] = []

    def fill(temporary: Path) -> None:
        temporary.touch()
        settled = temporary.stat().st_mtime_ns - _SETTLED  # by the clock of the disk, not of this machine
        with contextlib.closing(sqlite3.connect(temporary)) as database, database:
            database.execute("PRAGMA journal_mode = OFF")
            database.execute(f"PRAGMA user_version = {VERSION}")
            database.execute(_TABLE)
            rows.extend(_row(name, stamps[name], one) for name, one in records.items() if stamps[name][1] < settled)
            database.executemany("INSERT INTO cells VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)

    write_atomically(path, fill)
    return len(rows)


def _row(name: str, of_file: Stamp, record: Mapping[str, Any]) -> tuple[Any, ...]:
    text = json.dumps(record, separators=(",", ":"))
    row = record.get("row", {})
    slot = record.get("slot", "")
    return name, *of_file, _checksum(name, of_file, slot, text), slot, *(row.get(column) for column in _COLUMNS), text


def _checksum(name: str, of_file: Stamp, slot: str, text: str) -> int:
    return zlib.crc32(f"{name} {of_file} {slot} {text}".encode())


def _rows(path: Path, stamps: Mapping[str, Stamp]) -> Iterator[tuple[str, str, str]]:
    """Name, slot and record of those rows that agree with the files."""
    if not path.exists():
        return
    try:
        # The file is only ever replaced as a whole, so no locks are needed, which network disks lack.
        with contextlib.closing(sqlite3.connect(f"{path.resolve().as_uri()}?immutable=1", uri=True)) as database:
            if database.execute("PRAGMA user_version").fetchone() != (VERSION,):
                return
            found = database.execute("SELECT name, size, changed, crc32, slot, record FROM cells")
            for name, size, changed, crc32, slot, text in found:
                if stamps.get(name) == (size, changed) and crc32 == _checksum(name, (size, changed), slot, text):
                    yield name, slot, text
    except (sqlite3.Error, TypeError, ValueError):  # damaged: the files say it all
        return
