"""Several results folders become one, and nothing is lost or guessed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import bench
from bench.cli.main import app
from bench.errors import BenchError
from bench.running.files import stored_rows
from bench.store import Store
from bench.suites.record import SuiteRecord, keep_suite, kept_suites
from bench.tending.merge import merge_runs
from bench.tending.status import status_of

MakeCell = Callable[..., str]


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_all_cells_are_there_once_bit_for_bit(tmp_path: Path, make_cell: MakeCell) -> None:
    for run, methods in (("a", ["msp", "energy"]), ("b", ["energy", "knn"]), ("c", ["odin"])):
        for method in methods:
            make_cell(tmp_path / run, method)
    found = merge_runs([tmp_path / run for run in "abc"], tmp_path / "all")
    assert (found.cells, found.equal, found.failures) == (4, 1, 0)
    merged = Store(tmp_path / "all")
    assert sorted(record["row"]["method"] for record in merged.records()) == ["energy", "knn", "msp", "odin"]
    for run in "abc":
        for key in sorted(Store(tmp_path / run).keys()):
            assert merged.scores(key).id_scores.tobytes() == Store(tmp_path / run).scores(key).id_scores.tobytes()
    again = contents(tmp_path / "all")
    assert merge_runs([tmp_path / "b"], tmp_path / "all").equal == 2
    assert contents(tmp_path / "all") == again


@pytest.mark.parametrize(("changes", "what"), [({"auroc": 0.6}, "auroc is 0.5 and 0.6"), ({"seed": 1}, "the scores")])
def test_cells_that_differ_under_one_key_are_named_and_nothing_is_written(
    tmp_path: Path, make_cell: MakeCell, changes: dict[str, float], what: str
) -> None:
    make_cell(tmp_path / "a", "msp")
    make_cell(tmp_path / "b", "msp", **changes)
    make_cell(tmp_path / "b", "energy")
    with pytest.raises(BenchError, match=what) as caught:
        merge_runs([tmp_path / "a", tmp_path / "b"], tmp_path / "all")
    assert str(tmp_path / "a") in str(caught.value)
    assert str(tmp_path / "b") in str(caught.value)
    assert not (tmp_path / "all").exists()


def test_a_conflict_with_what_is_there_already_is_one_too(tmp_path: Path, make_cell: MakeCell) -> None:
    make_cell(tmp_path / "all", "msp")
    make_cell(tmp_path / "b", "msp", auroc=0.25)
    with pytest.raises(BenchError, match="differ under one key"):
        merge_runs([tmp_path / "b"], tmp_path / "all")


@pytest.mark.parametrize("order", ["ab", "ba"])
def test_a_folder_that_has_the_scores_of_a_cell_gives_them(
    tmp_path: Path, make_cell: MakeCell, order: str, capfd: pytest.CaptureFixture[str]
) -> None:
    key = make_cell(tmp_path / "a", "msp")
    assert make_cell(tmp_path / "b", "msp") == key
    (tmp_path / "a" / "scores" / f"{key}.npz").unlink()
    assert merge_runs([tmp_path / run for run in order], tmp_path / "all").equal == 1
    assert Store(tmp_path / "all").has(key)
    assert "Warning" not in capfd.readouterr().err
    (tmp_path / "all" / "scores" / f"{key}.npz").unlink()
    merge_runs([tmp_path / "b"], tmp_path / "all")
    assert Store(tmp_path / "all").has(key)


def test_paths_in_notes_are_no_difference(tmp_path: Path, make_cell: MakeCell) -> None:
    make_cell(tmp_path / "a", "msp", ood_note="bound to npz:/here/x.npz")
    make_cell(tmp_path / "b", "msp", ood_note="bound to npz:/there/x.npz")
    assert merge_runs([tmp_path / "a", tmp_path / "b"], tmp_path / "all").equal == 1


def test_failures_come_along_unless_another_folder_has_the_cell(tmp_path: Path, make_cell: MakeCell) -> None:
    key = make_cell(tmp_path / "a", "msp")
    Store(tmp_path / "b").put_failure(key, {"method": "msp"}, "it broke", "")
    Store(tmp_path / "b").put_failure("e" * 32, {"method": "knn"}, "it broke", "")
    found = merge_runs([tmp_path / "a", tmp_path / "b"], tmp_path / "all")
    assert (found.cells, found.failures) == (1, 1)
    assert [note["key"] for note in Store(tmp_path / "all").failures()] == ["e" * 32]


def test_damaged_scores_do_not_come_along(tmp_path: Path, make_cell: MakeCell) -> None:
    key = make_cell(tmp_path / "a", "msp")
    path = tmp_path / "a" / "scores" / f"{key}.npz"
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(BenchError, match="is damaged"):
        merge_runs([tmp_path / "a"], tmp_path / "all")
    assert Store(tmp_path / "all").keys() == set()


def test_a_folder_without_results_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="no results in"):
        merge_runs([tmp_path], tmp_path / "all")


def test_suites_and_notes_of_networks_are_joined(tmp_path: Path, make_cell: MakeCell) -> None:
    for run, id, left_out in (("a", "digits", {"knn": "why"}), ("b", "letters", {"vim": "because"})):
        make_cell(tmp_path / run, f"method {run}")
        keep_suite(tmp_path / run, SuiteRecord("suite", "title", id, {"near": ("x",)}))
        (tmp_path / run / "networks").mkdir()
        note = {"schema": 1, "name": "n", "note": "", "left_out": left_out}
        (tmp_path / run / "networks" / "abc.json").write_text(json.dumps(note))
    merge_runs([tmp_path / "a", tmp_path / "b"], tmp_path / "all")
    assert set(kept_suites(tmp_path / "all")) == {"digits", "letters"}
    joined = json.loads((tmp_path / "all" / "networks" / "abc.json").read_text())
    assert joined["left_out"] == {"knn": "why", "vim": "because"}


def test_shards_of_a_run_become_the_run(tmp_path: Path) -> None:
    asked = {"id": "digits", "ood": ["uniform", "gaussian"], "settings": {"uniform.count": 40, "gaussian.count": 40}}
    methods = ["brightness", "compression-size"]
    whole = bench.run(methods, **asked, out=tmp_path / "whole")  # type: ignore[arg-type]
    for method in methods:
        bench.run(method, **asked, out=tmp_path / method)  # type: ignore[arg-type]
    np.savez(tmp_path / "unrelated.npz", a=np.zeros(2))
    line = ["merge", *(str(tmp_path / method) for method in methods), "--out", str(tmp_path / "all")]
    result = CliRunner().invoke(app, line, catch_exceptions=False)
    assert "4 cells, of which 0 were there several times" in result.stdout
    merged = {row["key"]: row["auroc"] for row in stored_rows(tmp_path / "all")}
    assert merged == dict(zip(whole["key"], whole["auroc"], strict=True))
    assert (status_of(tmp_path / "all").done, status_of(tmp_path / "all").to_do) == (4, [])
