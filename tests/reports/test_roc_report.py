from __future__ import annotations

import itertools
from collections.abc import Callable
from fractions import Fraction
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from bench.metrics import auroc, roc_curve
from bench.report import REPORTS, CellScores, Results

roc = import_module("bench.reports.roc_curves")
style = import_module("bench.reports.style")

Floats = NDArray[np.float64]
TIED = arrays(np.float64, st.integers(1, 40), elements=st.integers(0, 6).map(float))


@given(TIED, TIED)
def test_only_points_on_a_line_with_their_neighbours_are_dropped(a: Floats, b: Floats) -> None:
    fpr, tpr = roc.roc_points(CellScores(a, b, None))
    exact = [
        (Fraction(round(x * b.size), b.size), Fraction(round(y * a.size), a.size))
        for x, y in zip(fpr, tpr, strict=True)
    ]
    assert [*exact[0], *exact[-1]] == [0, 0, 1, 1]
    for (x0, y0), (x1, y1), (x2, y2) in zip(exact, exact[1:], exact[2:], strict=False):
        assert (x1 - x0) * (y2 - y1) != (x2 - x1) * (y1 - y0)
    area = sum((x1 - x0) * (y0 + y1) / 2 for (x0, y0), (x1, y1) in itertools.pairwise(exact))
    assert float(area) == pytest.approx(auroc(a, b), abs=1e-12)


@given(TIED, TIED)
def test_every_point_of_the_curve_lies_on_what_is_drawn(a: Floats, b: Floats) -> None:
    fpr, tpr = roc.roc_points(CellScores(a, b, None))
    drawn = fpr + tpr  # rises strictly along the curve
    full_fpr, full_tpr, _ = roc_curve(a, b)
    np.testing.assert_allclose(np.interp(full_fpr + full_tpr, drawn, fpr), full_fpr, atol=1e-12)
    np.testing.assert_allclose(np.interp(full_fpr + full_tpr, drawn, tpr), full_tpr, atol=1e-12)


def drawn_axes(report: Any, results: Results, folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[Axes]]:
    """The panels of each figure that the report would write."""
    figures: list[list[Axes]] = []

    def keep(figure: Figure, *_: object) -> list[Path]:
        figures.append(figure.axes)
        return []

    monkeypatch.setattr(roc, "save_figure", keep)
    report.write(results, folder)
    return figures


def test_a_panel_for_each_set_and_a_line_for_each_method(
    realistic: Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    figures = drawn_axes(roc.RocCurves(), realistic, tmp_path, monkeypatch)
    assert [len(axes) for axes in figures] == [8, 8]  # two seeds
    rows = realistic.rows[realistic.rows["seed"] == 0]
    for axes, (ood, group) in zip(figures[0], rows.groupby("ood", sort=False), strict=True):
        assert axes.get_title() == f"{ood} (2,000)"
        lines = {line.get_label(): line for line in axes.get_lines()}
        by_auroc = group.sort_values("auroc", ascending=False).to_dict("records")
        legend = axes.get_legend()
        assert legend is not None
        texts = [text.get_text().replace("\u2007", " ").split() for text in legend.get_texts()]
        assert texts == [[f"{100 * row['auroc']:.1f}", row["method"]] for row in by_auroc]
        for row, text in zip(by_auroc, legend.get_texts(), strict=True):
            scores = realistic.scores(row["key"])
            fpr, tpr, _ = roc_curve(scores.id_scores, scores.ood_scores)
            x, y = (np.asarray(values) for values in lines[text.get_text()].get_data())
            assert np.trapezoid(y, x) == pytest.approx(np.trapezoid(tpr, fpr), abs=1e-12)


def test_slopes_bend_on_a_logarithmic_axis(
    make_results: Callable[..., Results], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = make_results(
        methods=["flat"], oods=["svhn"], n_id=100, n_ood=1000, score=lambda _, gap: np.zeros_like(gap)
    )
    ((axes,),) = drawn_axes(roc.RocCurves(log_fpr=True), results, tmp_path, monkeypatch)
    x, y = (np.asarray(values) for values in axes.get_lines()[-1].get_data())
    assert axes.get_xscale() == "log"
    assert x.min() == pytest.approx(1e-3)
    np.testing.assert_allclose(y[1:], x[1:], atol=1e-3)
    assert x.size > 100


@given(TIED, TIED)
def test_a_logarithmic_curve_is_the_same_curve(a: Floats, b: Floats) -> None:
    fpr, tpr = roc.roc_points(CellScores(a, b, None))
    x, y = roc._for_log_axis(fpr, tpr, 0.001)
    assert (np.diff(x) >= 0).all()
    assert (np.diff(y) >= -1e-12).all()
    assert (x[-1], y[-1]) == (1.0, 1.0)
    shown = x > 0.001
    np.testing.assert_allclose(np.interp(x[shown] + y[shown], fpr + tpr, tpr), y[shown], atol=1e-12)


def test_of_many_methods_the_best_are_told_apart_and_the_others_grey(
    make_results: Callable[..., Results], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    methods = ["msp", *(f"method-{number:02}" for number in range(30))]
    results = make_results(methods=methods, oods=["svhn", "isun"], n_id=50, n_ood=50, score=lambda _, gap: gap)
    means = results.rows.groupby("method")["auroc"].mean()
    best = set(means.sort_values(ascending=False, kind="stable").index[:8])
    assert "msp" not in best
    (panels,) = drawn_axes(roc.RocCurves(), results, tmp_path, monkeypatch)
    figure = panels[0].figure
    assert isinstance(figure, Figure)
    assert "the best 8 of 31 methods by mean AUROC, and msp" in " ".join(figure.get_suptitle().split())
    with style.figure_style():
        figure.draw_without_rendering()
    boxes = []
    for axes in panels:
        legend = axes.get_legend()
        assert legend is not None
        texts = [text.get_text().replace("\u2007", " ").split(maxsplit=1) for text in legend.get_texts()]
        assert {name for _, name in texts[:-1]} == best | {"msp"}
        assert texts[-1] == ["22", "others"]
        lines = {line.get_label(): line for line in axes.get_lines()}
        grey = [line for line in axes.get_lines() if line.get_color() == style.OTHERS_COLOR]
        assert len(grey) == 22 + 1
        drawn = [lines[text.get_text()] for text in legend.get_texts()[:-1]]
        assert len({(line.get_color(), str(line.get_linestyle()), line.get_dash_capstyle()) for line in drawn}) >= 7
        box = legend.get_window_extent()
        assert box.x0 >= axes.get_window_extent().x1
        assert box.x1 <= figure.bbox.x1
        assert box.y0 >= figure.bbox.y0
        boxes.append(box)
    neighbour = panels[1].get_tightbbox()
    assert neighbour is not None
    assert not boxes[0].overlaps(neighbour)


def test_two_scales_have_two_names(small: Results, tmp_path: Path) -> None:
    names = {
        path.name for log in (False, True) for path in REPORTS.get("roc-curves")(log_fpr=log).write(small, tmp_path)
    }
    place = "cifar10_resnet20_published_seed0"
    assert names == {f"{kind}_{place}.{end}" for kind in ("roc-curves", "roc-curves-log") for end in ("png", "svg")}
