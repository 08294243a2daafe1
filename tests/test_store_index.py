"""The index makes reading fast and is never believed against the files."""

import os
import sqlite3
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.report import CellScores
from bench.store import Store
from bench.store_index import INDEX

KEYS = [f"{number:032x}" for number in range(12)]
SCORES = CellScores(np.arange(4.0), np.arange(3.0), None)


def record(auroc: float) -> dict[str, Any]:
    return {"cell": {"method": "msp"}, "row": {"method": "msp", "auroc": auroc, "warnings": ["é"]}}


def aurocs(store: Store) -> list[float]:
    return [one["row"]["auroc"] for one in store.records()]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Twelve cells with an index, written so long ago that their times can be told from those of later changes."""
    store = Store(tmp_path)
    for place, key in enumerate(KEYS):
        store.put(key, record(place / 16), SCORES)
        os.utime(tmp_path / "cells" / f"{key}.json", (1_000_000_000, 1_000_000_000))
    assert store.index() == 12
    return store


def test_what_is_read_from_the_index_is_what_the_files_say(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    from_index = store.records()
    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", lambda path: pytest.fail(f"{path} is read"))
        assert store.records() == from_index
    (store.folder / INDEX).unlink()
    assert store.records() == from_index
    assert [one["key"] for one in from_index] == KEYS


def test_new_changed_and_deleted_cells_are_seen(store: Store) -> None:
    store.put(KEYS[3], record(0.9), SCORES)
    store.put("f" * 32, record(0.8), SCORES)
    (store.folder / "cells" / f"{KEYS[5]}.json").unlink()
    expected = [place / 16 for place in range(12) if place != 5]
    expected[3] = 0.9
    assert aurocs(store) == [*expected, 0.8]


def test_an_index_with_other_figures_for_the_same_file_is_not_believed(store: Store) -> None:
    with sqlite3.connect(store.folder / INDEX) as database:
        database.execute("UPDATE cells SET record = replace(record, '\"auroc\":0.25', '\"auroc\":0.75')")
    database.close()
    assert aurocs(store) == [place / 16 for place in range(12)]


@pytest.mark.parametrize("damage", ["empty", "text", "half", "older", "another table"])
def test_a_damaged_or_strange_index_changes_nothing(store: Store, damage: str) -> None:
    path = store.folder / INDEX
    whole = path.read_bytes()
    if damage in ("older", "another table"):
        with sqlite3.connect(path) as database:
            database.execute({"older": "PRAGMA user_version = 0", "another table": "DROP TABLE cells"}[damage])
        database.close()
    else:
        path.write_bytes({"empty": b"", "text": b"no database", "half": whole[: len(whole) // 2]}[damage])
    assert aurocs(store) == [place / 16 for place in range(12)]
    assert store.index() == 12


def test_every_page_of_the_index_may_be_damaged(store: Store) -> None:
    path = store.folder / INDEX
    whole = path.read_bytes()
    for place in range(0, len(whole), 97):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        assert aurocs(store) == [place / 16 for place in range(12)]


def test_what_was_written_a_moment_ago_is_not_indexed(store: Store) -> None:
    store.put(KEYS[0], record(0.5), SCORES)
    assert store.index() == 11
    assert aurocs(store)[0] == 0.5


def test_an_index_that_is_up_to_date_is_kept(store: Store) -> None:
    before = (store.folder / INDEX).stat().st_ino
    assert store.index() == 12
    assert (store.folder / INDEX).stat().st_ino == before
