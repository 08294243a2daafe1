"""What every report must do, whatever it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from bench.errors import BenchError
from bench.report import REPORTS, Report, Results
from bench.running.rows import COST, rows_to_frame

FILES = {
    "auroc-heatmap": 2,
    "comparison-table": 3,
    "confidence-histogram": 2,
    "cost-against-auroc": 2,
    "critical-difference": 0,
    "precision-recall": 4,
    "reliability": 0,
    "roc-curves": 2,
    "score-histograms": 4,
    "text-table": 1,
    "threshold-curves": 2,
    "threshold-table": 2,
}
"""How many files each report makes of two methods with one seed."""

ODD = "../o|d_$d$ é日\n%&#{}~^\\<*>[x]\"'`"

CASES: dict[str, dict[str, Any]] = {
    "one method": {"methods": ["msp"], "oods": ["svhn"]},
    "odd names": {"methods": [ODD, "b/c"], "oods": [ODD, "x" * 200], "id": ODD, "network": ODD, "id_note": ODD},
    "constant scores": {"methods": ["flat"], "oods": ["svhn"]},
    "undefined metrics": {"auroc": None, "fpr_at_95_tpr": None, "fpr_at_95_tpr_band": None, "id_accuracy": None},
    "one image": {"n_id": 1, "n_ood": 1},
    "no labels, no seed": {"labelled": False, "seeds": (None,)},
    "no costs": dict.fromkeys(COST),
    "no time at all": {"microseconds_per_image": 0.0},
    "no network": {"network": "none", "objective": "none", "labelled": False, "seeds": (None,)},
    "many methods": {"methods": [f"method-{number}" for number in range(12)], "oods": ["a", "b", "c"]},
}

NOTHING = {
    ("confidence-histogram", "no labels, no seed"),
    ("confidence-histogram", "no network"),
    ("cost-against-auroc", "no costs"),
    ("cost-against-auroc", "undefined metrics"),
    *((report, case) for report in ("critical-difference", "reliability") for case in CASES),
    *(
        (report, case)
        for report in ("threshold-curves", "threshold-table")
        for case in ("no labels, no seed", "no network", "one image")
    ),
}
"""The reports that have nothing to draw of a case."""


def results_of(make_results: Callable[..., Results], case: str) -> Results:
    settings = {"methods": ["msp", "odin"], "oods": ["svhn", "isun"], "n_id": 60, "n_ood": 30} | CASES[case]
    flat = settings["methods"] == ["flat"]
    return make_results(score=lambda _, gap: np.zeros_like(gap) if flat else gap, **settings)


def test_every_report_is_in_this_battery() -> None:
    assert set(FILES) == set(REPORTS.names())


@pytest.mark.parametrize("name", REPORTS.names())
def test_it_is_a_documented_report(name: str) -> None:
    report = REPORTS.get(name)
    assert issubclass(report, Report)
    assert report.name == name
    assert REPORTS.entry(name).summary.endswith(".")


@pytest.mark.parametrize("name", REPORTS.names())
def test_it_writes_what_it_says_and_the_same_again(name: str, small: Results, tmp_path: Path) -> None:
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
    first, second = (REPORTS.get(name)().write(small, folder) for folder in folders)
    assert len(first) == FILES[name]
    assert sorted(first) == sorted(folders[0].iterdir())
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    assert all(path.stat().st_size > 0 for path in first)


@pytest.mark.parametrize("name", REPORTS.names())
def test_it_leaves_the_rows_alone(name: str, small: Results, tmp_path: Path) -> None:
    before = small.rows.copy(deep=True)
    REPORTS.get(name)().write(small, tmp_path)
    assert small.rows.equals(before)


@pytest.mark.parametrize("name", REPORTS.names())
def test_no_finished_cells_is_an_error(name: str, tmp_path: Path) -> None:
    def no_scores(key: str) -> Any:
        raise AssertionError(key)

    with pytest.raises(BenchError, match="no finished cells"):
        REPORTS.get(name)().write(Results(rows_to_frame([]), no_scores), tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", REPORTS.names())
def test_it_bears_odd_input(name: str, case: str, make_results: Callable[..., Results], tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    paths = REPORTS.get(name)().write(results_of(make_results, case), folder)
    assert sorted(paths) == sorted(folder.iterdir())
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert bool(paths) == ((name, case) not in NOTHING)


@pytest.mark.parametrize("name", REPORTS.names())
def test_runs_that_differ_only_in_images_do_not_overwrite_each_other(
    name: str, make_results: Callable[..., Results], tmp_path: Path
) -> None:
    runs = [make_results(methods=["msp", "odin"], oods=["svhn"], n_id=n, n_ood=30) for n in (60, 70)]
    frame = rows_to_frame([])
    import pandas as pd

    frame = pd.concat([run.rows for run in runs])
    keys = set(runs[0].rows["key"])
    both = Results(frame, lambda key: runs[0 if key in keys else 1].scores(key))
    paths = REPORTS.get(name)().write(both, tmp_path)
    assert len(paths) == len(set(paths)) == len(list(tmp_path.iterdir()))
    assert len(paths) == {"comparison-table": 3, "text-table": 1, "threshold-table": 2}.get(name, 2 * FILES[name])


@pytest.mark.parametrize(
    "name",
    [
        "confidence-histogram",
        "cost-against-auroc",
        "precision-recall",
        "roc-curves",
        "score-histograms",
        "threshold-curves",
    ],
)
def test_figures_are_large_and_not_blank(name: str, small: Results, tmp_path: Path) -> None:
    paths = REPORTS.get(name)().write(small, tmp_path)
    assert {path.suffix for path in paths} == {".png", ".svg"}
    for path in paths:
        if path.suffix == ".png":
            pixels = np.asarray(Image.open(path).convert("RGB")).astype(int)
            assert pixels.shape[0] >= 300
            assert pixels.shape[1] >= 600
            inked = pixels.min(axis=2) < 250
            assert 0.01 < inked.mean() < 0.5
            assert not inked[[0, -1]].any(), "something is clipped at the upper or lower edge"
            assert not inked[:, [0, -1]].any(), "something is clipped at the left or right edge"
        else:
            text = path.read_text(encoding="utf-8")
            assert text.startswith("<?xml")
            assert "<dc:date>" not in text
            assert "NaN" not in text
