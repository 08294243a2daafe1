from __future__ import annotations

import itertools
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from matplotlib.text import Annotation, Text

from bench.report import CellScores, Results
from bench.running.rows import rows_to_frame

blocks = import_module("bench.reports.blocks")
cost_points = import_module("bench.reports.cost_points")
figure_module = import_module("bench.reports.cost_against_auroc")
style = import_module("bench.reports.style")

MakeRow = Callable[..., dict[str, Any]]
POINTS = st.lists(st.tuples(st.sampled_from([0.1, 1.0, 5.0, 9.0]), st.sampled_from([50.0, 60.0, 70.0])), min_size=1)


def no_scores(key: str) -> CellScores:
    raise AssertionError(f"a figure of the rows asked for the scores of {key}")


def drawn(rows: list[dict[str, Any]], folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    figures: list[Figure] = []

    def keep(figure: Figure, *_: object) -> list[Path]:
        figure.draw_without_rendering()
        figures.append(figure)
        return []

    monkeypatch.setattr(figure_module, "save_figure", keep)
    figure_module.CostAgainstAuroc().write(Results(rows_to_frame(rows), no_scores), folder)
    return figures


def legend_names(figure: Figure) -> list[str]:
    legend = figure.axes[0].get_legend()
    assert legend is not None
    return [text.get_text().replace("\u2007", " ").split(maxsplit=1)[1] for text in legend.get_texts()]


@given(POINTS)
def test_the_front_is_what_no_other_point_beats(given_points: list[tuple[float, float]]) -> None:
    points = [cost_points.Point(str(number), *values) for number, values in enumerate(given_points)]
    front = cost_points.pareto_front(points)
    for point in points:
        beaten = any(
            (other.cost < point.cost and other.auroc >= point.auroc)
            or (other.cost <= point.cost and other.auroc > point.auroc)
            for other in points
        )
        assert (point in front) != beaten
    assert [point.cost for point in front] == sorted(point.cost for point in front)


def test_a_point_is_the_mean_auroc_and_the_median_cost(make_row: MakeRow) -> None:
    rows = [
        make_row(ood=ood, seed=seed, auroc=auroc, microseconds_per_image=cost)
        for ood, seed, auroc, cost in (("a", 0, 0.9, 1.0), ("a", 1, 0.8, 2.0), ("b", 0, 0.7, 3.0), ("b", 1, 0.6, 50.0))
    ]
    (block,) = blocks.blocks_of(rows_to_frame(rows))
    (point,) = cost_points.Points.of(block).shown
    assert (point.label, point.cost, point.auroc) == ("msp", 2.5, pytest.approx(75))


def test_what_is_not_drawn_as_it_is_is_said(make_row: MakeRow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [make_row(ood=ood) for ood in "ab"]
    rows += [make_row(ood=ood, method="free", microseconds_per_image=0.0) for ood in "ab"]
    rows += [make_row(ood=ood, method="old", microseconds_per_image=None) for ood in "ab"]
    rows += [make_row(ood="a", method="partial")]
    (figure,) = drawn(rows, tmp_path, monkeypatch)
    assert legend_names(figure) == ["free", "msp"] or legend_names(figure) == ["msp", "free"]
    (remarks,) = [text.get_text() for text in figure.axes[0].texts if not isinstance(text, Annotation)]
    assert " ".join(remarks.split()) == (
        "Work shared with other methods counts in full. old: not shown, for the cost is not known. "
        "partial: not shown, for there is no AUROC on every OOD set. free: at 0.001, for it takes less."
    )
    costs = [float(np.asarray(line.get_xdata())[0]) for line in figure.axes[0].get_lines() if line.get_marker() == "o"]
    assert sorted(costs) == [0.001, 0.25]


def test_points_are_numbered_ringed_and_coloured(
    make_row: MakeRow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    figures = {"best": (0.9, 100.0), "fast": (0.8, 1.0), "beaten": (0.7, 2.0)}
    rows = [make_row(method=name, auroc=auroc, microseconds_per_image=cost) for name, (auroc, cost) in figures.items()]
    (figure,) = drawn(rows, tmp_path, monkeypatch)
    axes = figure.axes[0]
    assert legend_names(figure) == ["best", "fast", "beaten"]
    dots = [line for line in axes.get_lines() if line.get_marker() == "o"]
    assert [dot.get_markeredgecolor() for dot in dots] == ["black", "black", "white"]
    looks = style.looks(figures)
    assert [dot.get_color() for dot in dots] == [looks[name].color for name in figures]
    assert [text.get_text() for text in axes.texts if isinstance(text, Annotation)] == ["1", "2", "3"]
    (line,) = [line for line in axes.get_lines() if line.get_marker() != "o"]
    assert np.asarray(line.get_xdata())[:3].tolist() == [1.0, 100.0, 100.0]


def test_fifty_methods_have_numbers_that_stand_apart(
    make_row: MakeRow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(0)
    crowded = zip(rng.normal(0.92, 0.02, 50), 10 ** rng.choice([-1.0, -0.9, 2.0], 50), strict=True)
    rows = [
        make_row(method=f"method-{number}", ood=ood, auroc=auroc, microseconds_per_image=cost)
        for number, (auroc, cost) in enumerate(crowded)
        for ood in "abcdefg"
    ]
    (figure,) = drawn(rows, tmp_path, monkeypatch)
    axes = figure.axes[0]
    boxes = [Text.get_window_extent(text) for text in axes.texts if isinstance(text, Annotation)]
    assert len(boxes) == len(legend_names(figure)) == 50
    digits = [box.from_bounds(box.x0, box.y0 + box.height / 4, box.width, box.height / 2) for box in boxes]
    assert not any(one.overlaps(other) for one, other in itertools.combinations(digits, 2))
    legend = axes.get_legend()
    assert legend is not None
    box = legend.get_window_extent()
    assert box.x1 <= figure.bbox.x1
    assert box.y0 >= figure.bbox.y0


def test_a_block_has_a_figure_over_all_its_seeds(make_row: MakeRow, tmp_path: Path) -> None:
    rows = [make_row(seed=seed, precision=precision) for seed in (0, 1) for precision in ("fp32", "bf16")]
    paths = figure_module.CostAgainstAuroc().write(Results(rows_to_frame(rows), no_scores), tmp_path)
    names = {path.name for path in paths}
    places = ("cifar10_resnet20_published", "cifar10_resnet20_published_bf16")
    assert names == {f"cost-against-auroc_{place}.{end}" for place in places for end in ("png", "svg")}
