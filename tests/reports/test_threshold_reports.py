"""Thresholds from misclassified images: the table against brute force, the figure against the table."""

from __future__ import annotations

import csv
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from numpy.typing import NDArray

from bench.report import CellScores, Results
from bench.running.rows import rows_to_frame

curves = import_module("bench.reports.threshold_curves")
table = import_module("bench.reports.threshold_table")

Floats = NDArray[np.float64]


def error(id_scores: Floats, ood_scores: Floats, threshold: float) -> float:
    return float((id_scores < threshold).mean() + (ood_scores >= threshold).mean()) / 2


def least(id_scores: Floats, ood_scores: Floats) -> tuple[float, float]:
    both = np.unique(np.concatenate([id_scores, ood_scores]))
    errors = [error(id_scores, ood_scores, one) for one in both]
    return float(both[int(np.argmin(errors))]), min(errors)


def figures_drawn(results: Results, folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    figures: list[Figure] = []

    def keep(figure: Figure, *_: object) -> list[Path]:
        figures.append(figure)
        return []

    monkeypatch.setattr(curves, "save_figure", keep)
    curves.ThresholdCurves().write(results, folder)
    return figures


def test_the_table_has_the_errors_of_brute_force(small: Results, tmp_path: Path) -> None:
    table.ThresholdTable().write(small, tmp_path)
    with (tmp_path / "thresholds.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 4
    for row in rows:
        scores = small.scores(row["key"])
        assert scores.id_correct is not None
        validation, test = scores.id_scores[:60], scores.id_scores[60:]  # a fifth of 300
        right = scores.id_correct[:60]
        threshold, own = least(validation[right], validation[~right])
        keeping = np.sort(validation)[3]
        expected = {
            "n_right": right.sum(),
            "n_wrong": (~right).sum(),
            "n_id": 240,
            "n_ood": 200,
            "chosen_threshold": threshold,
            "tpr_threshold": keeping,
            "best_error": least(test, scores.ood_scores)[1],
            "chosen_error": error(test, scores.ood_scores, threshold),
            "tpr_error": error(test, scores.ood_scores, keeping),
            "chosen_tpr": (test >= threshold).mean(),
            "right_wrong_error": own,
        }
        assert {name: float(row[name]) for name in expected} == pytest.approx(expected, abs=1e-12)
    text = (tmp_path / "thresholds.md").read_text(encoding="utf-8")
    assert f"{100 * float(rows[0]['chosen_error']):.1f}" in text
    assert "| Det. err., best ↓ | from misclassified ↓ |" in text


def test_the_figure_marks_the_minima_and_the_threshold(
    small: Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table.ThresholdTable().write(small, tmp_path)
    with (tmp_path / "thresholds.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["method"] == "confidence"]
    (figure,) = figures_drawn(small, tmp_path, monkeypatch)
    axes = figure.axes[1]
    assert axes.get_title() == "confidence"
    lines = {str(line.get_label()): np.asarray(line.get_ydata(), np.float64) for line in axes.get_lines()}
    assert set(lines) == {
        "threshold chosen",
        f"{100 * float(rows[0]['right_wrong_error']):.1f}  right against wrong",
        *(
            f"{100 * float(row['best_error']):.1f} → {100 * float(row['chosen_error']):.1f}  {row['ood']}"
            for row in rows
        ),
    }
    dots = [float(np.asarray(found.get_offsets())[0, 1]) for found in axes.collections]
    expected = [rows[0]["right_wrong_error"], *(row["best_error"] for row in rows)]
    assert dots == pytest.approx([100 * float(one) for one in expected])
    minima = [values.min() for label, values in lines.items() if label != "threshold chosen"]
    assert minima == pytest.approx(dots)


def test_scores_tuned_for_each_set_have_thresholds_of_their_own(
    make_row: Callable[..., dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(0)
    correct = np.arange(50) % 4 > 0
    first, second, ood = rng.normal(size=(3, 50))
    rows = [make_row(ood=name, method="odin") for name in ("a", "b", "c")]
    by_key = {row["key"]: CellScores(one, ood, correct) for row, one in zip(rows, (first, second, first), strict=True)}
    results = Results(rows_to_frame(rows), by_key.__getitem__)
    (figure,) = figures_drawn(results, tmp_path, monkeypatch)
    assert [axes.get_title() for axes in figure.axes] == ["odin, tuned for a, c", "odin, tuned for b"]


def test_of_many_methods_each_has_one_panel(
    make_row: Callable[..., dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(0)
    rows = [make_row(ood=ood, method=f"m{number}", auroc=0.9 - number / 100) for ood in "ab" for number in range(9)]
    correct = np.arange(50) % 4 > 0
    by_key = {row["key"]: CellScores(rng.normal(size=50), rng.normal(size=20), correct) for row in rows}
    (figure,) = figures_drawn(Results(rows_to_frame(rows), by_key.__getitem__), tmp_path, monkeypatch)
    assert [axes.get_title() for axes in figure.axes] == [f"m{number}, tuned for a" for number in range(8)]


def test_what_has_no_wrong_prediction_is_a_dash_beside_others(
    make_row: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    rng = np.random.default_rng(0)
    rows = [make_row(method="msp"), make_row(method="confidence", objective="learned-confidence")]
    correct = [np.arange(50) % 4 > 0, np.ones(50, np.bool_)]
    by_key = {
        row["key"]: CellScores(rng.normal(size=50), rng.normal(size=20), right)
        for row, right in zip(rows, correct, strict=True)
    }
    table.ThresholdTable().write(Results(rows_to_frame(rows), by_key.__getitem__), tmp_path)
    text = (tmp_path / "thresholds.md").read_text(encoding="utf-8")
    (line,) = [line for line in text.splitlines() if "confidence" in line and line.startswith("|")]
    assert line.count("–") == 5
    assert "undefined for these scores" in text
    assert len((tmp_path / "thresholds.csv").read_text(encoding="utf-8").splitlines()) == 2
