"""Reports of misclassification runs: what every one must bear, and the data that each shows."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from PIL import Image

from bench.errors import BenchError
from bench.metrics import expected_calibration_error, risk_coverage_curve
from bench.prediction_report import PREDICTION_REPORTS, PredictionReport, PredictionResults, Predictions
from bench.predictions.metrics import prediction_metrics
from bench.predictions.rows import rows_to_frame

ODD = "../o|d_$d$ é日\n%&#{}~^\\<*>[x]\"'`"
PROBABILITIES = ("msp", "confidence")
FILES = {"misclassification-table": 3, "reliability-diagram": 2, "risk-coverage": 2}
FIGURES = [name for name in PREDICTION_REPORTS.names() if name != "misclassification-table"]


def make_results(
    *,
    methods: tuple[str, ...] = ("msp", "confidence", "energy"),
    seeds: tuple[int | None, ...] = (0,),
    count: int = 400,
    accuracy: float = 0.9,
    **changes: Any,
) -> PredictionResults:
    """Rows and scores of made-up predictions; the learned confidence has a network of its own."""
    rows, kept = [], {}
    for seed in seeds:
        for place, method in enumerate(methods):
            rng = np.random.default_rng([seed or 0, "confidence" in method])
            correct = rng.random(count) < accuracy
            scores = np.clip(rng.normal(np.where(correct, 0.8, 0.5), 0.15 + 0.01 * place), 0.01, 0.99)
            probabilities = scores if method in PROBABILITIES else None
            row = {
                "method": method,
                "id": "cifar10",
                "network": "resnet20",
                "objective": "learned-confidence" if "confidence" in method else "cross-entropy",
                "seed": seed,
                "parameters": {},
                **prediction_metrics(scores, probabilities, correct),
                "precision": "fp32",
                "transform": "cifar10 32x32",
                "id_note": "",
                "weights": f"{seed}{'confidence' in method}",
                "key": f"{method}/{seed}/{changes}",
                **changes,
            }
            rows.append(row)
            kept[row["key"]] = Predictions(scores, correct, probabilities)
    return PredictionResults(rows_to_frame(rows), kept.__getitem__)


CASES: dict[str, dict[str, Any]] = {
    "one method": {"methods": ("msp",)},
    "odd names": {"methods": ("msp", ODD), "id": ODD, "network": ODD, "id_note": ODD},
    "one image": {"count": 1},
    "all right": {"accuracy": 1.1},
    "all wrong": {"accuracy": -1.0},
    "several seeds": {"seeds": (0, 1, 2)},
    "no seed": {"seeds": (None,)},
    "no probability": {"methods": ("energy", "knn")},
    "many methods": {"methods": ("msp", *(f"method-{number}" for number in range(12)))},
}


def test_every_report_is_in_this_battery() -> None:
    assert set(FILES) == set(PREDICTION_REPORTS.names())
    assert all(issubclass(PREDICTION_REPORTS.get(name), PredictionReport) for name in FILES)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", FILES)
def test_it_bears_odd_input_and_is_the_same_again(name: str, case: str, tmp_path: Path) -> None:
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
    first, second = (PREDICTION_REPORTS.get(name)().write(make_results(**CASES[case]), one) for one in folders)
    assert sorted(first) == sorted(folders[0].iterdir())
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    if (name, case) == ("reliability-diagram", "no probability"):
        assert first == []
    else:
        seeds = len(CASES[case].get("seeds", (0,))) if name in FIGURES else 1
        assert len(first) == FILES[name] * seeds


@pytest.mark.parametrize("name", FILES)
def test_no_finished_cells_is_an_error(name: str, tmp_path: Path) -> None:
    def nothing(key: str) -> Predictions:
        raise AssertionError(key)

    with pytest.raises(BenchError, match="no finished cells"):
        PREDICTION_REPORTS.get(name)().write(PredictionResults(rows_to_frame([]), nothing), tmp_path)


@pytest.mark.parametrize("case", ["one method", "many methods", "odd names"])
@pytest.mark.parametrize("name", FIGURES)
def test_figures_are_not_clipped(name: str, case: str, tmp_path: Path) -> None:
    png, _ = PREDICTION_REPORTS.get(name)().write(make_results(**CASES[case]), tmp_path)
    inked = np.asarray(Image.open(png).convert("L")) < 250
    assert 0.01 < inked.mean() < 0.5
    assert not inked[[0, -1]].any()
    assert not inked[:, [0, -1]].any()


def test_the_table_shows_means_over_seeds_and_why_there_is_no_calibration(tmp_path: Path) -> None:
    results = make_results(seeds=(0, 1))
    PREDICTION_REPORTS.get("misclassification-table")().write(results, tmp_path)
    text = (tmp_path / "misclassification.md").read_text(encoding="utf-8")
    msp = results.rows[results.rows["method"] == "msp"]
    mean, sd = msp["aupr_error"].mean(), msp["aupr_error"].std(ddof=1)
    detection, calibration = text.split("## Calibration")
    assert f"{100 * mean:.1f} ± {100 * sd:.1f}" in detection
    (energy,) = [line for line in calibration.splitlines() if line.startswith("| energy")]
    assert energy.count("– ¹") == 3
    assert "¹ not a probability" in calibration
    assert f"{100 * msp['ece_15'].mean():.1f} ± " in calibration
    latex = (tmp_path / "misclassification.tex").read_text(encoding="utf-8")
    assert latex.count(r"\begin{tabular}") == 2


def test_what_is_undefined_is_said(tmp_path: Path) -> None:
    PREDICTION_REPORTS.get("misclassification-table")().write(make_results(accuracy=1.1), tmp_path)
    text = (tmp_path / "misclassification.txt").read_text(encoding="utf-8")
    assert "undefined: all predictions are right, or all are wrong" in text
    assert "msp: all predictions are right: nothing to detect" in text


def drawn(name: str, results: PredictionResults, folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    figures: list[Figure] = []

    def keep(figure: Figure, *_: object) -> list[Path]:
        figures.append(figure)
        return []

    monkeypatch.setattr(import_module(f"bench.reports.{name.replace('-', '_')}"), "save_figure", keep)
    PREDICTION_REPORTS.get(name)().write(results, folder)
    return figures


def test_risk_coverage_draws_every_curve_and_an_ideal_of_each_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = make_results()
    (figure,) = drawn("risk-coverage", results, tmp_path, monkeypatch)
    lines = {str(line.get_label()).split("  ")[1]: line for line in figure.axes[0].get_lines()}
    for row in results.rows.to_dict("records"):
        found = results.predictions(row["key"])
        coverage, risk, _ = risk_coverage_curve(found.scores, found.correct)
        line = lines[row["method"]]
        np.testing.assert_allclose(np.asarray(line.get_xdata(), np.float64), 100 * coverage)
        np.testing.assert_allclose(np.asarray(line.get_ydata(), np.float64), 100 * risk)
        assert f"{100 * row['aurc']:.2f}" in str(line.get_label())
        accuracy = found.correct.mean()
        ideal = lines[f"ideal at {100 * accuracy:.2f} % accuracy"]
        assert np.asarray(ideal.get_ydata())[-1] == pytest.approx(100 * (1 - accuracy))
        perfect = np.cumsum(np.sort(~found.correct)) / np.arange(1, 401)
        assert str(ideal.get_label()).split()[0] == f"{100 * perfect.mean():.2f}"
    assert len(lines) == 5


def test_the_reliability_diagram_has_the_bins_and_the_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    results = make_results()
    (figure,) = drawn("reliability-diagram", results, tmp_path, monkeypatch)
    assert [axes.get_title().split("\n")[0] for axes in figure.axes] == ["msp", "confidence"]
    for axes, method in zip(figure.axes, ("msp", "confidence"), strict=True):
        found = results.predictions(f"{method}/0/{{}}")
        assert found.probabilities is not None
        error = expected_calibration_error(found.probabilities, found.correct, n_bins=15)
        assert f"ECE {100 * error:.2f}" in axes.get_title()
        bars = [bar for bar in axes.patches if isinstance(bar, Rectangle)]
        for bar in bars:
            low, high = bar.get_x() / 100, (bar.get_x() + bar.get_width()) / 100
            inside = (found.probabilities > low) & (found.probabilities <= high + 1e-12)
            assert bar.get_height() == pytest.approx(100 * found.correct[inside].mean())
        assert len(bars) == len(np.unique(np.ceil(found.probabilities * 15)))
