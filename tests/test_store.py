"""Results survive whatever happens while they are written, and are never mistaken for something else."""

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.errors import BenchError
from bench.report import CellScores
from bench.sealed import read_sealed
from bench.store import SCHEMA, Store

KEY, OTHER = "0" * 32, "f" * 32


def some_scores(seed: int = 0, *, labelled: bool = True) -> CellScores:
    stream = np.random.default_rng(seed)
    correct = stream.random(40) < 0.9
    return CellScores(stream.normal(1, 1, 40), stream.normal(0, 1, 30), correct if labelled else None)


def some_record(auroc: float = 0.1 + 0.2) -> dict[str, Any]:
    return {"cell": {"method": "msp"}, "row": {"auroc": auroc, "fpr_at_95_tpr_band": None, "warnings": ["é"]}}


def assert_same_scores(left: CellScores, right: CellScores) -> None:
    for name in ("id_scores", "ood_scores", "id_correct"):
        one, two = getattr(left, name), getattr(right, name)
        assert (one is None) == (two is None)
        if one is not None:
            assert one.dtype == two.dtype
            assert one.tobytes() == two.tobytes()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "run")


@pytest.mark.parametrize("labelled", [True, False])
def test_what_is_put_is_found_bit_for_bit(store: Store, labelled: bool) -> None:
    store.put(KEY, some_record(), some_scores(labelled=labelled))
    again = Store(store.folder)
    found = again.get(KEY)
    assert found is not None
    assert found.pop("scores_crc32")
    assert found == {"schema": SCHEMA, "key": KEY, **some_record()}
    assert again.has(KEY)
    assert again.keys() == {KEY}
    assert_same_scores(again.scores(KEY), some_scores(labelled=labelled))
    assert again.get(OTHER) is None
    assert not again.has(OTHER)


def test_an_empty_or_absent_folder_has_no_results(store: Store) -> None:
    assert (store.get(KEY), store.records(), store.failures(), store.keys()) == (None, [], [], set())
    assert not store.folder.exists()


def test_all_records_come_in_the_order_of_their_keys(store: Store) -> None:
    for key in (OTHER, KEY, "8" * 32):
        store.put(key, some_record(), some_scores())
    assert [record["key"] for record in store.records()] == [KEY, "8" * 32, OTHER]


def test_a_failure_is_kept_apart_and_never_counted(store: Store) -> None:
    path = store.put_failure(KEY, {"method": "msp"}, "it broke", "Traceback …")
    assert path.is_file()
    assert (store.get(KEY), store.records()) == (None, [])
    [failure] = store.failures()
    assert failure == {
        "schema": SCHEMA, "key": KEY, "cell": {"method": "msp"}, "message": "it broke", "traceback": "Traceback …"
    }  # fmt: skip


def test_a_success_ends_the_failure_under_its_key_alone(store: Store) -> None:
    for key in (KEY, OTHER):
        store.put_failure(key, {}, "it broke", "")
    store.put(KEY, some_record(), some_scores())
    assert [failure["key"] for failure in store.failures()] == [OTHER]
    assert [record["key"] for record in store.records()] == [KEY]


def test_infinite_metrics_are_refused_and_leave_no_result(store: Store) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        store.put(KEY, some_record(float("nan")), some_scores())
    assert (store.get(KEY), store.records()) == (None, [])


@pytest.mark.parametrize(
    "content",
    ["", "{", '{"schema": 1', "[]", "3", '{"row": {}}', '{"schema": "new"}', '{"schema": null}', "\x00\x00", b"\xff{}"],
)
def test_a_damaged_record_is_set_aside_and_said(
    store: Store, content: str | bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    for key in (KEY, OTHER):
        store.put(key, some_record(), some_scores())
    path = store.folder / "cells" / f"{KEY}.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert [record["key"] for record in store.records()] == [OTHER]
    assert re.search(rf"Warning: {path} is damaged .*put into .*damaged; the same command", capsys.readouterr().err)
    assert (store.get(KEY), store.has(KEY), store.keys()) == (None, False, {OTHER})
    assert {one.name for one in (store.folder / "damaged").iterdir()} == {f"{KEY}.json", f"{KEY}.npz"}
    store.put(KEY, some_record(), some_scores())
    assert [record["key"] for record in store.records()] == [KEY, OTHER]


def test_a_damaged_note_of_a_failure_is_left_out_and_said(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    for key in (KEY, OTHER):
        path = store.put_failure(key, {}, "it broke", "")
    path.write_text(path.read_text().replace("broke", "brake"))
    assert [failure["key"] for failure in store.failures()] == [KEY]
    assert f"{path} is damaged" in capsys.readouterr().err


def test_a_failure_whose_note_outlived_its_cell_is_over(store: Store) -> None:
    store.put(KEY, some_record(), some_scores())
    store.put_failure(KEY, {}, "it broke", "")
    assert store.failures() == []


def test_a_cell_whose_scores_are_gone_is_not_finished(store: Store) -> None:
    """Its record stays for tables until the cell is put again; a failure of that is not over."""
    for key in (KEY, OTHER):
        store.put(key, some_record(), some_scores())
    (store.folder / "scores" / f"{KEY}.npz").unlink()
    store.put_failure(KEY, {}, "it broke", "")
    assert (store.has(KEY), store.finished(KEY), store.without_scores()) == (False, None, {KEY})
    assert store.finished(OTHER) == store.get(OTHER) is not None
    assert [record["key"] for record in store.records()] == [KEY, OTHER]
    assert [failure["key"] for failure in store.failures()] == [KEY]
    store.put(KEY, some_record(), some_scores())
    assert (store.has(KEY), store.without_scores(), store.failures()) == (True, set(), [])


def test_every_byte_of_a_record_counts(store: Store) -> None:
    """Flipped one after the other: the record is refused, or says the same as before."""
    store.put(KEY, some_record(), some_scores())
    path, before = store.folder / "cells" / f"{KEY}.json", store.get(KEY)
    whole = path.read_bytes()
    refused = 0
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        try:
            found = read_sealed(path, SCHEMA)
        except BenchError:
            refused += 1
        else:
            assert before is not None
            assert {**found, **before} == found, place
    assert refused > len(whole) / 2


def test_a_newer_file_asks_for_an_upgrade(store: Store) -> None:
    store.put(KEY, some_record(), some_scores())
    path = store.folder / "cells" / f"{KEY}.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "schema": SCHEMA + 1}))
    with pytest.raises(BenchError, match=r"newer version .*Upgrade oodbench"):
        store.get(KEY)


def test_missing_scores_are_an_error_that_says_what_to_do(store: Store) -> None:
    store.put(KEY, some_record(), some_scores())
    path = store.folder / "scores" / f"{KEY}.npz"
    path.unlink()
    with pytest.raises(BenchError, match=r"scores of cell 0+ are gone.*again, such as bench rerun "):
        store.scores(KEY)


@pytest.mark.parametrize("damage", ["empty", "half", "text", "flipped", "other arrays", "pickle"])
def test_damaged_scores_are_an_error_that_says_what_to_do(store: Store, damage: str) -> None:
    store.put(KEY, some_record(), some_scores())
    path = store.folder / "scores" / f"{KEY}.npz"
    whole = path.read_bytes()
    place = len(whole) // 3
    if damage == "other arrays":
        np.savez(path, a=np.zeros(3))
    elif damage == "pickle":
        np.savez(path, id_scores=np.array([{}], dtype=object), ood_scores=np.zeros(3))
    else:
        flipped = whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :]
        path.write_bytes({"empty": b"", "half": whole[: len(whole) // 2], "text": b"no", "flipped": flipped}[damage])
    with pytest.raises(BenchError, match=r"npz is damaged .*damaged. Run the same command again") as caught:
        store.scores(KEY)
    assert str(path) in str(caught.value)
    assert (store.get(KEY), store.keys()) == (None, set())
    assert (store.folder / "damaged" / path.name).exists()


def test_scores_of_another_record_are_refused(store: Store) -> None:
    for place, key in enumerate((KEY, OTHER)):
        store.put(key, some_record(), some_scores(place))
    (store.folder / "scores" / f"{OTHER}.npz").replace(store.folder / "scores" / f"{KEY}.npz")
    with pytest.raises(BenchError, match="not the scores that its record was made from"):
        store.scores(KEY)


def test_every_byte_of_the_scores_counts(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Flipped one after the other: the scores are refused, or are the same bit for bit."""
    monkeypatch.setattr(Store, "_set_aside", lambda self, key: False)
    few = CellScores(np.arange(5.0), np.arange(3.0), np.ones(5, bool))
    store.put(KEY, some_record(), few)
    path = store.folder / "scores" / f"{KEY}.npz"
    whole = path.read_bytes()
    refused = 0
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        try:
            assert_same_scores(store.scores(KEY), few)
        except BenchError:
            refused += 1
    assert refused > len(whole) / 2


def test_records_of_older_versions_are_read_without_a_checksum(store: Store) -> None:
    store.put(KEY, some_record(), some_scores())
    path = store.folder / "cells" / f"{KEY}.json"
    record = json.loads(path.read_text())
    del record["seal"], record["scores_crc32"]
    path.write_text(json.dumps(record))
    assert store.get(KEY) == {"schema": SCHEMA, "key": KEY, **some_record()}
    assert_same_scores(store.scores(KEY), some_scores())


class PowerCut(BaseException):
    """The process ends here: nothing that comes later happens, clean-up included."""


class Machine:
    """Counts file operations and stops for good at one of them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, stops_at: int | None) -> None:
        self.calls: list[str] = []
        self.stops_at = stops_at
        for owner, name in (
            (Path, "mkdir"), (Path, "open"), (Path, "write_text"), (os, "open"), (os, "fsync"), (os, "close"),
            (Path, "replace"), (Path, "unlink"),
        ):  # fmt: skip
            monkeypatch.setattr(owner, name, self._counted(f"{owner.__name__}.{name}", getattr(owner, name)))

    def _counted(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            if self.stops_at is not None and len(self.calls) >= self.stops_at:
                raise PowerCut
            self.calls.append(name)
            return function(*args, **kwargs)

        return call


def operations_of(act: Callable[[], object]) -> int:
    with pytest.MonkeyPatch.context() as patch:
        machine = Machine(patch, None)
        act()
        return len(machine.calls)


def store_with_a_result_and_a_failure(folder: Path) -> Store:
    store = Store(folder)
    store.put(OTHER, some_record(0.5), some_scores(1))
    store.put_failure(KEY, {}, "it broke before", "")
    return store


def test_a_crash_at_any_operation_of_put_leaves_nothing_or_all(tmp_path: Path) -> None:
    undisturbed = store_with_a_result_and_a_failure(tmp_path / "undisturbed")
    total = operations_of(lambda: undisturbed.put(KEY, some_record(), some_scores()))
    assert total >= 12
    outcomes = []
    for stop in range(total):
        store = store_with_a_result_and_a_failure(tmp_path / str(stop))
        with pytest.MonkeyPatch.context() as patch:
            Machine(patch, stop)
            with pytest.raises(PowerCut):
                store.put(KEY, some_record(), some_scores())
        found = store.get(KEY)
        outcomes.append(found is not None)
        assert [record["key"] for record in store.records()] == [KEY, OTHER][0 if found else 1 :]
        if found is not None:
            assert found["row"] == some_record()["row"]
            assert_same_scores(store.scores(KEY), some_scores())
        assert_same_scores(store.scores(OTHER), some_scores(1))
        store.put(KEY, some_record(), some_scores())
        assert (len(store.records()), store.failures()) == (2, [])
    assert outcomes == sorted(outcomes)
    assert True in outcomes
    assert False in outcomes


def test_a_crash_while_a_failure_is_noted_leaves_nothing_or_all(tmp_path: Path) -> None:
    total = operations_of(lambda: Store(tmp_path / "whole").put_failure(KEY, {}, "it broke", ""))
    for stop in range(total):
        store = Store(tmp_path / str(stop))
        with pytest.MonkeyPatch.context() as patch:
            Machine(patch, stop)
            with pytest.raises(PowerCut):
                store.put_failure(KEY, {}, "it broke", "")
        assert [failure["message"] for failure in store.failures()] in ([], ["it broke"])
        assert store.records() == []


def test_a_full_disk_leaves_the_old_results_readable(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.put(OTHER, some_record(), some_scores())

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(BenchError, match="No space left on device"):
            store.put(KEY, some_record(), some_scores())
    assert [record["key"] for record in store.records()] == [OTHER]
    assert not list(store.folder.rglob("*.tmp"))
