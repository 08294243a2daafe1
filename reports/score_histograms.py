"""Histograms of scores: for each method a figure, for each OOD set a panel."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.metrics import threshold_at_tpr
from bench.report import CellScores, FigureReport, Results, report

from .blocks import Block, Entry
from .panels import FigureRows, Grid, add_key, figure_rows
from .score_axis import ScoreAxis, score_axis
from .style import NEUTRAL_COLOR, draw_histogram, figure_name, figure_style, save_figure
from .summary import DASH, percent

GRID = Grid(4, 2.3, 1.5, above=0.5, key=0.2, least=4.4)


@report("score-histograms")
class ScoreHistograms(FigureReport):
    """The scores of ID and OOD images: a figure for each method, a panel for each OOD set, the same bins in all.

    Of more than eight methods only the best by mean AUROC and the reference have a figure.
    """

    kind = "hist"

    def write(self, results: Results, folder: Path) -> list[Path]:
        """Write `score-histograms_….png` and `.svg`. Raises `BenchError` without finished cells."""
        with figure_style():
            return [
                path
                for rows in figure_rows(results.rows, Block.by_seed_or_none)
                for label in rows.labels
                for path in save_figure(
                    _figure(rows, label, results), folder, rows.stem("score-histograms", label), self.formats
                )
            ]


def _figure(rows: FigureRows, label: str, results: Results) -> Figure:
    shown = [(section, entry) for section in rows.block.sections for entry in section.entries if entry.label == label]
    scores = [results.scores(entry.rows[0].key) for _, entry in shown]
    axis = score_axis(
        np.concatenate([cell.id_scores for cell in scores]), np.concatenate([cell.ood_scores for cell in scores])
    )
    among = f" ({rows.choice_words})" if rows.choice_words else ""
    title = f"Scores of {figure_name(label)}{among} · {rows.title}"
    figure, panels = GRID.draw(len(shown), title, axis.label, "Share of images per bin (%)")
    for axes, (section, entry), cell in zip(panels, shown, scores, strict=True):
        _panel(axes, axis, cell, rows.looks[label].color)
        axes.set_title(f"{figure_name(section.ood)} ({section.n_ood:,})\n{_figures(entry)}")
    add_key(figure, GRID, panels[0])
    return figure


def _panel(axes: Axes, axis: ScoreAxis, scores: CellScores, color: str) -> None:
    draw_histogram(axes, axis.shares(scores.id_scores), axis.edges, color=NEUTRAL_COLOR, label="ID images")
    draw_histogram(axes, axis.shares(scores.ood_scores), axis.edges, color=color, label="OOD images")
    threshold = axis.place(np.array([threshold_at_tpr(scores.id_scores)]))[0]
    axes.axvline(threshold, color="black", linewidth=0.8, linestyle=(0, (3, 2)), label="keeps 95 % of ID images")
    axes.set_ylim(bottom=0)
    axis.dress(axes)


def _figures(entry: Entry) -> str:
    """AUROC and FPR@95 as the tables have them."""
    metrics = entry.rows[0].metrics
    words = (("AUROC", metrics["auroc"]), ("FPR@95", metrics["fpr_at_95_tpr"]))
    return "  ".join(f"{name} {DASH if value is None else percent(value, 1)}" for name, value in words)
