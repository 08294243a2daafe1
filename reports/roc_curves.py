"""ROC curves: for each OOD set a panel, for each method a line; of many methods the best, and the others in grey."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from bench.metrics import roc_curve
from bench.report import CellScores, Report, Results, report

from .blocks import Block, Entry, Section
from .panels import FigureRows, Grid, figure_rows
from .style import GUIDE_COLOR, OTHERS_COLOR, figure_name, figure_style, save_figure
from .summary import DASH, percent

Floats = NDArray[np.float64]

MOST_BELOW = 6
"""More methods than these are listed beside their panel instead of below it."""

LEGEND_SIZE, SMALL_SIZE = 7.5, 6.5
"""Font sizes in points of the legends below and beside."""

FIGURE_SPACE = "\u2007"
"""A space as wide as a figure, so that numbers stand in a column."""

X_LABEL = "False-positive rate (OOD called ID)"
Y_LABEL = "True-positive rate (ID called ID; dotted: 95 %)"


@report("roc-curves")
class RocCurves(Report):
    """ROC curves with ID as positive: a figure for each ID set, network, protocol and seed, a panel for each OOD set.

    Of more than eight methods the best by mean AUROC and the reference are told apart; the others are thin grey lines.

    Args:
        log_fpr: draw the false-positive rate on a logarithmic axis, which shows where few OOD images pass.
    """

    def __init__(self, *, log_fpr: bool = False) -> None:
        self.log_fpr = log_fpr

    def write(self, results: Results, folder: Path) -> list[Path]:
        """Write `roc-curves_….png` and `.svg` (`roc-curves-log_…`). Raises `BenchError` without finished cells."""
        kind = "roc-curves-log" if self.log_fpr else "roc-curves"
        with figure_style():
            return [
                path
                for rows in figure_rows(results.rows, Block.by_seed)
                for path in save_figure(self._figure(rows, results), folder, rows.stem(kind))
            ]

    def _figure(self, rows: FigureRows, results: Results) -> Figure:
        sections = rows.block.sections
        lines = max(len(section.entries) for section in sections)
        lines = min(lines, len(rows.labels) + (1 if rows.choice.others else 0))
        longest = max(len(figure_name(label)) for label in rows.labels)
        grid = _grid_beside(lines, longest) if lines > MOST_BELOW else _grid_below(lines, longest)
        shown = f"{rows.choice_words} · " if rows.choice_words else ""
        figure, panels = grid.draw(len(sections), f"ROC curves · {shown}{rows.title}", X_LABEL, Y_LABEL)
        for axes, section in zip(panels, sections, strict=True):
            self._panel(axes, section, rows, results)
            _legend(axes, beside=lines > MOST_BELOW)
        return figure

    def _panel(self, axes: Axes, section: Section, rows: FigureRows, results: Results) -> None:
        lowest = 10.0 ** math.floor(-math.log10(section.n_ood)) if self.log_fpr else 0.0
        self._guides(axes, lowest)
        others = [entry for entry in section.entries if entry.label in rows.choice.others]
        for entry in others:
            axes.plot(*self._curve(entry, results, lowest), color=OTHERS_COLOR, linewidth=0.5)
        shown = [entry for entry in section.entries if entry.label in rows.choice.labels]
        for entry in sorted(shown, key=_auroc, reverse=True):
            look = rows.looks[entry.label]
            curve = self._curve(entry, results, lowest)
            axes.plot(*curve, color=look.color, linestyle=look.linestyle, label=_legend_text(entry))
        if others:
            axes.plot([], [], color=OTHERS_COLOR, label=f"{FIGURE_SPACE * 5}  {len(others)} others")
        axes.set_title(f"{figure_name(section.ood)} ({section.n_ood:,})")

    def _curve(self, entry: Entry, results: Results, lowest: float) -> tuple[Floats, Floats]:
        fpr, tpr = roc_points(results.scores(entry.rows[0].key))
        return _for_log_axis(fpr, tpr, lowest) if self.log_fpr else (fpr, tpr)

    def _guides(self, axes: Axes, lowest: float) -> None:
        """Axes, the diagonal of chance, and the height at which FPR@95 is read off."""
        chance = np.geomspace(lowest, 1, 200) if self.log_fpr else np.array([0.0, 1.0])
        axes.plot(chance, chance, color=GUIDE_COLOR, linewidth=0.8)
        axes.axhline(0.95, color=GUIDE_COLOR, linewidth=0.8, linestyle=(0, (1, 2)))
        if self.log_fpr:
            axes.set_xscale("log")
            axes.xaxis.set_major_formatter("{x:g}")
            axes.xaxis.set_minor_formatter("")
        axes.set_xlim(lowest / 1.05 if self.log_fpr else -0.01, 1.05 if self.log_fpr else 1.01)
        axes.set_ylim(-0.01, 1.01)


def roc_points(scores: CellScores) -> tuple[Floats, Floats]:
    """False- and true-positive rates of the exact ROC curve, without points on the line between their neighbours."""
    fpr, tpr, _ = roc_curve(scores.id_scores, scores.ood_scores)
    # Counts instead of rates make the test exact.
    x, y = np.rint(fpr * scores.ood_scores.size), np.rint(tpr * scores.id_scores.size)
    bends = (x[1:-1] - x[:-2]) * (y[2:] - y[1:-1]) != (x[2:] - x[1:-1]) * (y[1:-1] - y[:-2])
    kept = np.concatenate([[True], bends, [True]])
    return fpr[kept], tpr[kept]


def _for_log_axis(fpr: Floats, tpr: Floats, lowest: float) -> tuple[Floats, Floats]:
    """The curve from `lowest` on, with points added along slopes, which a logarithmic axis bends."""
    grid = np.geomspace(lowest, 1, 400)
    sloping = np.flatnonzero((np.diff(fpr) > 0) & (np.diff(tpr) > 0))
    inside = [grid[(grid > max(fpr[start], lowest)) & (grid < fpr[start + 1])] for start in sloping]
    added = np.concatenate([*inside, np.empty(0)])
    order = np.argsort(np.concatenate([fpr, added]), kind="stable")
    heights = np.concatenate([tpr, np.interp(added, fpr, tpr)])
    return np.maximum(np.concatenate([fpr, added])[order], lowest), heights[order]


def _grid_below(methods: int, longest: int) -> Grid:
    """Panels with their legends below."""
    width = max(2.2, _text_width(longest, LEGEND_SIZE))
    return Grid(4, width, 2.2, below=0.4 + (methods + 1) * 1.5 * LEGEND_SIZE / 72)


def _grid_beside(methods: int, longest: int) -> Grid:
    """Panels with their legends to the right."""
    return Grid(2, 3.1, max(3.1, (methods + 2) * 1.15 * SMALL_SIZE / 72), right=0.2 + _text_width(longest, SMALL_SIZE))


def _text_width(characters: int, size: float) -> float:
    """Inches that a line of the legend takes, with its figure and its sample of the line."""
    return 0.6 * size / 72 * (characters + 12)


def _legend(axes: Axes, *, beside: bool) -> None:
    axes.legend(
        title="AUROC (%)",
        alignment="left",
        loc="upper left",
        bbox_to_anchor=(1.0, 1.03) if beside else (-0.04, -0.1),
        fontsize=SMALL_SIZE if beside else LEGEND_SIZE,
        labelspacing=0.1 if beside else 0.3,
    )


def _auroc(entry: Entry) -> float:
    value = entry.rows[0].metrics["auroc"]
    return -1.0 if value is None else value


def _legend_text(entry: Entry) -> str:
    auroc = entry.rows[0].metrics["auroc"]
    figure = DASH if auroc is None else percent(auroc, 1)
    return f"{figure.rjust(5, FIGURE_SPACE)}  {figure_name(entry.label)}"
