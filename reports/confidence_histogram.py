"""The paper's histogram: the scores of rightly and of wrongly classified ID images."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from bench.metrics import evaluate_misclassification
from bench.report import FigureReport, Results, report

from .blocks import Block
from .panels import FigureRows, Grid, figure_rows
from .result_row import grouped
from .score_axis import score_axis
from .style import NEUTRAL_COLOR, draw_histogram, figure_name, figure_style, save_figure
from .summary import DASH, percent

FEW, MANY = (Grid(columns, 3.3, 1.9, above=0.5, below=0.5) for columns in (2, 4))
MOST_FEW = 6
"""More panels than these stand four abreast instead of two."""


@report("confidence-histogram")
class ConfidenceHistogram(FigureReport):
    """The scores of rightly against wrongly classified ID images, a panel for each method.

    DeVries & Taylor (2018) show it for the learned confidence and for the softmax probability. A score that was tuned
    differently for several OOD sets has a panel for each. Of more than eight methods the best by mean AUROC and the
    reference are shown, with one panel each.
    """

    kind = "confidence"
    nothing = "the ID set has no labels."

    def write(self, results: Results, folder: Path) -> list[Path]:
        """Write `confidence-histogram_….png` and `.svg`; nothing where the ID set has no labels.

        Raises `BenchError` without finished cells.
        """
        paths = []
        with figure_style():
            for rows in figure_rows(results.rows, Block.by_seed):
                panels = _panels(rows, results)
                if panels:
                    paths += save_figure(_figure(rows, panels), folder, rows.stem("confidence-histogram"), self.formats)
        return paths


class _Panel:
    """The ID scores of one method, which may be the same for several OOD sets."""

    def __init__(self, label: str, scores: NDArray[np.float64], correct: NDArray[np.bool_]) -> None:
        self.label, self.scores, self.correct = label, scores, correct
        self.oods: list[str] = []


def _panels(rows: FigureRows, results: Results) -> list[_Panel]:
    found: dict[tuple[str, bytes], _Panel] = {}
    for section in rows.block.sections:
        for entry in (entry for entry in section.entries if entry.label in rows.labels):
            cell = results.scores(entry.rows[0].key)
            if cell.id_correct is not None:
                new = _Panel(entry.label, cell.id_scores, cell.id_correct)
                found.setdefault((entry.label, cell.id_scores.tobytes()), new).oods.append(section.ood)
    panels = sorted(found.values(), key=lambda panel: rows.labels.index(panel.label))
    return [same[0] for same in grouped(panels, lambda panel: panel.label).values()] if rows.choice.others else panels


def _figure(rows: FigureRows, panels: list[_Panel]) -> Figure:
    shown = f"{rows.choice_words} · " if rows.choice_words else ""
    title = f"Scores of right and wrong predictions · {shown}{rows.title}"
    grid = FEW if len(panels) <= MOST_FEW else MANY
    figure, all_axes = grid.draw(len(panels), title, "", "Share of each group's images per bin (%)")
    for axes, panel in zip(all_axes, panels, strict=True):
        tuned = len(panel.oods) < len(rows.block.entries_of(panel.label))
        tuned_for = f", tuned for {', '.join(map(figure_name, panel.oods))}" if tuned else ""
        _draw(axes, panel, rows.looks[panel.label].color)
        auroc = evaluate_misclassification(panel.scores, panel.correct).auroc
        figure_text = DASH if auroc is None else percent(auroc, 1)
        axes.set_title(f"{figure_name(panel.label)}{tuned_for}\nAUROC of right against wrong {figure_text}")
    return figure


def _draw(axes: Axes, panel: _Panel, color: str) -> None:
    axis = score_axis(panel.scores, panel.scores)
    right, wrong = panel.scores[panel.correct], panel.scores[~panel.correct]
    draw_histogram(axes, axis.shares(wrong), axis.edges, color=NEUTRAL_COLOR, label=f"wrong ({wrong.size:,})")
    draw_histogram(axes, axis.shares(right), axis.edges, color=color, label=f"right ({right.size:,})")
    axes.set_ylim(bottom=0)
    axes.set_xlabel(axis.label)
    axes.legend(loc="best")
    axis.dress(axes)
