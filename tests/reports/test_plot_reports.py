"""The figures that are drawn on demand: heat map, precision-recall, critical difference, reliability."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from bench.metrics import aupr_in, aupr_out
from bench.report import ALL_FORMATS, REPORTS, Results

heatmap = import_module("bench.reports.auroc_heatmap")
ranks = import_module("bench.reports.critical_difference")
recall = import_module("bench.reports.precision_recall")
reliability = import_module("bench.reports.reliability")

LONG = "a-method-with-quite-a-long-name"
OODS = ("svhn", "isun", "tinyimagenet-resize", "lsun-resize", "gaussian")


@pytest.fixture(scope="module")
def many(make_results: Callable[..., Results]) -> Results:
    """Thirty methods on five sets."""
    methods = ["msp", *(f"{LONG}-{number}" if number % 7 == 3 else f"method-{number}" for number in range(29))]
    return make_results(methods=methods, oods=list(OODS), n_id=40, n_ood=30, score=lambda _, gap: gap)


def panels(module: Any, name: str, results: Results, monkeypatch: pytest.MonkeyPatch) -> list[list[Axes]]:
    """The panels of each figure that the report would write."""
    figures: list[list[Axes]] = []

    def keep(figure: Figure, *_: object) -> list[Path]:
        figures.append(figure.axes)
        return []

    monkeypatch.setattr(module, "save_figure", keep)
    REPORTS.get(name)().write(results, Path())
    return figures


@pytest.mark.parametrize("name", ["auroc-heatmap", "critical-difference"])
def test_thirty_methods_are_not_clipped(name: str, many: Results, tmp_path: Path) -> None:
    [path] = REPORTS.get(name)(formats=("png",)).write(many, tmp_path)
    inked = np.asarray(Image.open(path).convert("RGB")).min(axis=2) < 250
    assert inked.mean() > 0.01
    assert not inked[[0, -1]].any()
    assert not inked[:, [0, -1]].any()


def test_long_name_of_a_single_set_is_not_clipped(make_results: Callable[..., Results], tmp_path: Path) -> None:
    results = make_results(methods=["msp"], oods=["a-set-with-a-name-that-is-too-long-for-it"], n_id=30, n_ood=30)
    [path] = REPORTS.get("auroc-heatmap")(formats=("png",)).write(results, tmp_path)
    inked = np.asarray(Image.open(path).convert("RGB")).min(axis=2) < 250
    assert not inked[[0, -1]].any()
    assert not inked[:, [0, -1]].any()


def test_heat_map_has_the_figures_of_the_rows(many: Results, monkeypatch: pytest.MonkeyPatch) -> None:
    [[axes]] = panels(heatmap, "auroc-heatmap", many, monkeypatch)
    rows = many.rows.pivot_table(index="method", columns="ood", values="auroc", sort=False)
    rows["mean"] = rows.mean(axis=1)
    expected = rows.sort_values("mean", ascending=False, kind="stable")
    shown = np.array([text.get_text() for text in axes.texts]).reshape(expected.shape)
    assert shown.astype(float) == pytest.approx(100 * expected.to_numpy(), abs=0.0501)
    assert [label.get_text() for label in axes.get_xticklabels()] == list(expected.columns)


@pytest.mark.parametrize(("place", "area"), [(0, aupr_in), (1, aupr_out)])
def test_area_below_the_steps_of_precision_is_the_metric(
    place: int, area: Callable[..., float], small: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    axes = panels(recall, "precision-recall", small, monkeypatch)[place][0]
    row = small.rows.query("ood == 'svhn'").sort_values("aupr_in" if place == 0 else "aupr_out").iloc[-1]
    scores = small.scores(row["key"])
    [line] = [line for line in axes.get_lines() if str(line.get_label()).endswith(f"  {row['method']}")]
    x, y = (np.asarray(values) for values in line.get_data())
    assert float(np.diff(x, prepend=0) @ y) == pytest.approx(area(scores.id_scores, scores.ood_scores))


@given(st.lists(st.floats(1, 30), min_size=2, max_size=12), st.floats(0.5, 20))
def test_cliques_are_the_longest_runs_within_the_difference(values: list[float], critical: float) -> None:
    order = sorted(values)
    found = ranks.cliques(order, critical)
    together = {(i, j) for first, last in found for i in range(first, last + 1) for j in range(i, last + 1)}
    expected = {(i, j) for i in range(len(order)) for j in range(i + 1, len(order)) if order[j] - order[i] < critical}
    assert {(i, j) for i, j in together if i < j} == expected
    assert not any(a != b and a[0] >= b[0] and a[1] <= b[1] for a in found for b in found)


def test_every_method_has_its_mean_rank(many: Results, monkeypatch: pytest.MonkeyPatch) -> None:
    [[axes]] = panels(ranks, "critical-difference", many, monkeypatch)
    table = many.rows.pivot_table(index="ood", columns="method", values="auroc")
    expected = table.rank(axis=1, ascending=False).mean()
    shown = [text.get_text().split("  ") for text in axes.texts if "  " in text.get_text()]
    found = {(one if two[0].isdigit() else two): (two if two[0].isdigit() else one) for one, two in shown}
    for method, rank in zip(map(str, expected.index), expected, strict=True):
        name = next(
            name for name in found if method in (name,) or (method.startswith(LONG) and name.endswith(method[-5:]))
        )
        assert found[name] == f"{rank:.2f}"


def test_a_set_that_was_not_measured_leaves_its_method_out(
    make_results: Callable[..., Results], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = make_results(methods=["msp", "odin", "confidence"], oods=list("abcdef"), n_id=40, n_ood=40)
    rows = whole.rows[(whole.rows["method"] != "odin") | (whole.rows["ood"] != "c")]
    [[axes]] = panels(ranks, "critical-difference", replace(whole, rows=rows), monkeypatch)
    figure = axes.figure
    assert isinstance(figure, Figure)
    assert "left out, as not measured on all sets: 1" in " ".join(figure.get_suptitle().split())
    assert not any("odin" in text.get_text() for text in axes.texts)


def test_reliability_is_of_scores_that_are_probabilities(small: Results, monkeypatch: pytest.MonkeyPatch) -> None:
    def probability(key: str) -> Any:
        scores = small.scores(key).id_scores
        return 1 / (1 + np.exp(-scores)) if "msp" in key else None

    known = replace(small, probability=probability)
    [[axes]] = panels(reliability, "reliability", known, monkeypatch)
    assert axes.get_title().startswith("msp\nECE ")
    outside = replace(small, probability=lambda key: small.scores(key).id_scores + 7)
    assert panels(reliability, "reliability", outside, monkeypatch) == []


@pytest.mark.parametrize("ending", ALL_FORMATS)
def test_figures_are_written_in_the_format_that_was_asked_for(ending: str, small: Results, tmp_path: Path) -> None:
    paths = REPORTS.get("auroc-heatmap")(formats=(ending,)).write(small, tmp_path)
    assert [path.suffix for path in paths] == [f".{ending}"]
    begin = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[ending]
    assert paths[0].read_bytes().startswith(begin)
    before = paths[0].read_bytes()
    REPORTS.get("auroc-heatmap")(formats=(ending,)).write(small, tmp_path)
    assert paths[0].read_bytes() == before
