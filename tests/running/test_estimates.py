"""Intervals beside results: computed once, found again, and only for the scores that they came from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.report import CellScores
from bench.running import estimates as module
from bench.running.estimates import Estimates, with_intervals
from bench.running.rows import INTERVALS, METRICS
from bench.statistics import METRICS as OF_STATISTICS
from bench.statistics import estimate
from bench.store import Store


def keep(folder: Path, seed: int = 0, n: int = 120) -> CellScores:
    rng = np.random.default_rng(seed)
    scores = CellScores(rng.normal(1, 1, n), rng.normal(0, 1, 80), None)
    Store(folder).put("cell", {}, scores)
    return scores


def unwanted(*_: Any, **__: Any) -> None:
    raise AssertionError("computed again")


def test_columns_are_those_of_the_statistics() -> None:
    assert METRICS == OF_STATISTICS


def test_a_row_has_the_intervals_of_its_scores(tmp_path: Path) -> None:
    scores = keep(tmp_path)
    [row] = with_intervals([{"key": "cell", "auroc": 0.5}], tmp_path)
    expected = estimate(scores.id_scores, scores.ood_scores)
    auroc, band = expected.intervals["auroc"], expected.intervals["fpr_at_95_tpr_band"]
    assert auroc is not None
    assert band is None
    assert (row["auroc_low"], row["auroc_high"]) == (auroc.low, auroc.high)
    assert (row["fpr_at_95_tpr_band_low"], row["auroc"]) == (None, 0.5)
    assert set(row) == {"key", "auroc", *INTERVALS}


def test_what_is_kept_is_not_computed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(tmp_path)
    [before] = with_intervals([{"key": "cell"}], tmp_path)
    first = Estimates(Store(tmp_path)).replicates("cell")
    monkeypatch.setattr(module, "estimate", unwanted)
    assert with_intervals([{"key": "cell"}], tmp_path) == [before]
    again = Estimates(Store(tmp_path)).replicates("cell")
    assert first is not None
    assert again is not None
    np.testing.assert_array_equal(first, again)


def test_other_scores_and_damaged_files_are_computed_anew(tmp_path: Path) -> None:
    keep(tmp_path)
    [before] = with_intervals([{"key": "cell"}], tmp_path)
    keep(tmp_path, seed=1)
    [after] = with_intervals([{"key": "cell"}], tmp_path)
    assert after["auroc_low"] != before["auroc_low"]
    (tmp_path / "estimates" / "cell.npz").write_bytes(b"damaged")
    assert with_intervals([{"key": "cell"}], tmp_path) == [after]


def test_without_scores_there_are_no_intervals(tmp_path: Path) -> None:
    keep(tmp_path)
    (tmp_path / "scores" / "cell.npz").unlink()
    [row] = with_intervals([{"key": "cell"}], tmp_path)
    assert {row[name] for name in INTERVALS} == {None}
    assert Estimates(Store(tmp_path)).replicates("cell") is None
