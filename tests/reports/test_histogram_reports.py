from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import StepPatch

from bench.metrics import evaluate_misclassification, threshold_at_tpr
from bench.report import CellScores, Results
from bench.running.rows import rows_to_frame

MakeRow = Callable[..., dict[str, Any]]

histograms = import_module("bench.reports.score_histograms")
confidence = import_module("bench.reports.confidence_histogram")


def drawn(module: Any, report: Any, results: Results, folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """The figures that the report would write."""
    figures: list[Figure] = []

    def keep(figure: Figure, *_: object) -> list[Path]:
        figures.append(figure)
        return []

    monkeypatch.setattr(module, "save_figure", keep)
    report.write(results, folder)
    return figures


def outlines(axes: Axes) -> dict[object, StepPatch]:
    return {patch.get_label(): patch for patch in axes.patches if isinstance(patch, StepPatch) and not patch.get_fill()}


def test_shares_add_up_and_bins_are_shared(small: Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    figures = drawn(histograms, histograms.ScoreHistograms(), small, tmp_path, monkeypatch)
    assert len(figures) == 2  # two methods
    for figure in figures:
        assert len(figure.axes) == 2  # two sets
        drawings = [outlines(axes)[name].get_data() for axes in figure.axes for name in ("ID images", "OOD images")]
        for shares, edges, _ in drawings:
            assert shares.sum() == pytest.approx(100)
            np.testing.assert_array_equal(edges, drawings[0][1])


def test_titles_have_the_figures_of_the_tables(small: Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    figures = drawn(histograms, histograms.ScoreHistograms(), small, tmp_path, monkeypatch)
    titles = [axes.get_title() for figure in figures for axes in figure.axes]
    assert titles == [
        f"{row['ood']} (200)\nAUROC {100 * row['auroc']:.1f}  FPR@95 {100 * row['fpr_at_95_tpr']:.1f}"
        for _, group in small.rows.groupby("method", sort=False)
        for row in group.to_dict("records")
    ]


def test_the_threshold_keeps_95_percent(small: Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    figure = drawn(histograms, histograms.ScoreHistograms(), small, tmp_path, monkeypatch)[1]
    scores = small.scores(small.rows[small.rows["method"] == "confidence"]["key"].iloc[0])
    (line,) = figure.axes[0].get_lines()
    place = float(np.asarray(line.get_xdata())[0])
    assert "log scale towards 1" in figure.get_supxlabel()
    assert 1 - 10.0**-place == pytest.approx(threshold_at_tpr(scores.id_scores), rel=1e-9)


def test_right_and_wrong_predictions_are_counted(
    small: Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (figure,) = drawn(confidence, confidence.ConfidenceHistogram(), small, tmp_path, monkeypatch)
    assert len(figure.axes) == 2  # the scores of ID images do not depend on the OOD set
    for axes, method in zip(figure.axes, ("msp", "confidence"), strict=True):
        scores = small.scores(small.rows[small.rows["method"] == method]["key"].iloc[0])
        assert scores.id_correct is not None
        wrong = int((~scores.id_correct).sum())
        assert set(outlines(axes)) == {f"wrong ({wrong})", f"right ({300 - wrong})"}
        area = evaluate_misclassification(scores.id_scores, scores.id_correct).auroc
        assert area is not None
        assert axes.get_title() == f"{method}\nAUROC of right against wrong {100 * area:.1f}"


def test_scores_tuned_for_each_set_have_panels_of_their_own(
    make_row: MakeRow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(0)
    correct = rng.random(50) < 0.8
    first, second, ood = rng.normal(size=(3, 50))
    rows = [make_row(ood=name, method="odin") for name in ("a", "b", "c")]
    by_key = {
        row["key"]: CellScores(scores, ood, correct) for row, scores in zip(rows, (first, second, first), strict=True)
    }
    results = Results(rows_to_frame(rows), by_key.__getitem__)
    (figure,) = drawn(confidence, confidence.ConfidenceHistogram(), results, tmp_path, monkeypatch)
    assert [axes.get_title().split("\n")[0] for axes in figure.axes] == ["odin, tuned for a, c", "odin, tuned for b"]


def test_all_right_predictions_are_drawn_without_an_area(
    make_row: MakeRow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scores = CellScores(np.arange(9.0), np.arange(9.0), np.ones(9, np.bool_))
    results = Results(rows_to_frame([make_row()]), lambda key: scores)
    (figure,) = drawn(confidence, confidence.ConfidenceHistogram(), results, tmp_path, monkeypatch)
    assert figure.axes[0].get_title().endswith("wrong –")
    assert set(outlines(figure.axes[0])) == {"wrong (0)", "right (9)"}


def test_of_many_methods_only_the_best_and_the_reference_have_histograms(
    make_results: Callable[..., Results], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    methods = ["msp", *(f"method-{number:02}" for number in range(12))]
    results = make_results(methods=methods, oods=["svhn", "isun"], n_id=50, n_ood=50, score=lambda _, gap: gap)
    means = results.rows.groupby("method")["auroc"].mean()
    best = set(means.sort_values(ascending=False, kind="stable").index[:8])
    assert "msp" not in best
    words = "the best 8 of 13 methods by mean AUROC, and msp"
    figures = drawn(histograms, histograms.ScoreHistograms(), results, tmp_path, monkeypatch)
    titles = [" ".join(figure.get_suptitle().split()) for figure in figures]
    assert all(f"({words})" in title for title in titles)
    assert {title.removeprefix("Scores of ").split()[0] for title in titles} == best | {"msp"}
    (figure,) = drawn(confidence, confidence.ConfidenceHistogram(), results, tmp_path, monkeypatch)
    assert words in " ".join(figure.get_suptitle().split())
    assert {axes.get_title().split("\n")[0] for axes in figure.axes} == best | {"msp"}


def test_of_many_methods_each_has_one_confidence_panel_though_tuned_for_each_set(
    make_row: MakeRow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(0)
    rows = [make_row(ood=ood, method=f"m{number}", auroc=0.9 - number / 100) for ood in "ab" for number in range(9)]
    by_key = {row["key"]: CellScores(rng.normal(size=20), rng.normal(size=20), rng.random(20) < 0.8) for row in rows}
    results = Results(rows_to_frame(rows), by_key.__getitem__)
    (figure,) = drawn(confidence, confidence.ConfidenceHistogram(), results, tmp_path, monkeypatch)
    assert [axes.get_title().split("\n")[0] for axes in figure.axes] == [f"m{n}, tuned for a" for n in range(8)]


def test_scores_without_a_seed_are_drawn_once(make_row: MakeRow, tmp_path: Path) -> None:
    rows = [make_row(seed=seed) for seed in (0, 1)] + [make_row(method="deep-ensemble", seed=None)]
    scores = CellScores(np.arange(9.0), np.arange(9.0), np.ones(9, np.bool_))
    paths = histograms.ScoreHistograms().write(Results(rows_to_frame(rows), lambda _: scores), tmp_path)
    place = "score-histograms_cifar10_resnet20_published"
    assert {path.stem for path in paths} == {
        f"{place}_deep-ensemble",
        f"{place}_seed0_msp",
        f"{place}_seed1_msp",
    }


def test_without_labels_there_is_nothing_to_draw(make_results: Callable[..., Results], tmp_path: Path) -> None:
    results = make_results(methods=["msp"], oods=["svhn"], n_id=20, n_ood=20, labelled=False)
    assert confidence.ConfidenceHistogram().write(results, tmp_path) == []
