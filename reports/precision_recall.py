"""Precision-recall curves: ID and then OOD as positive, for each OOD set a panel, for each method a line."""

from __future__ import annotations

from pathlib import Path

from matplotlib.axes import Axes

from bench.metrics import precision_recall_curve
from bench.report import FigureReport, Results, report

from .blocks import Block, Entry, Section
from .curve_panels import CurvePanels
from .panels import figure_rows
from .style import GUIDE_COLOR, Floats, figure_style, save_figure

MOST_POINTS = 2000
"""Points of a curve: more than pixels across."""


@report("precision-recall")
class PrecisionRecall(FigureReport):
    """Precision-recall curves: two figures for each ID set, network, protocol and seed, a panel for each OOD set.

    One figure has ID as positive, the other OOD. The grey line is the precision of chance, the share of positives among
    the images. Of more than eight methods the best by mean AUROC and the reference are told apart.
    """

    kind = "pr"
    on_demand = True

    def write(self, results: Results, folder: Path) -> list[Path]:
        """Write `precision-recall-in_…` and `-out_….png` and `.svg`. Raises `BenchError` without finished cells."""
        paths = []
        with figure_style():
            for rows in figure_rows(results.rows, Block.by_seed):
                for positive in ("id", "ood"):
                    kind = "precision-recall-in" if positive == "id" else "precision-recall-out"
                    figure = _panels(results, rows.block.n_id, positive).figure(rows)
                    paths += save_figure(figure, folder, rows.stem(kind), self.formats)
        return paths


def _panels(results: Results, n_id: int, positive: str) -> CurvePanels:
    def curve(section: Section, entry: Entry) -> tuple[Floats, Floats]:
        del section
        scores = results.scores(entry.rows[0].key)
        precision, recall, _thresholds = precision_recall_curve(
            scores.id_scores, scores.ood_scores, positive="id" if positive == "id" else "ood", max_points=MOST_POINTS
        )
        return recall, precision

    def guides(axes: Axes, section: Section) -> None:
        count = n_id if positive == "id" else section.n_ood
        axes.axhline(count / (n_id + section.n_ood), color=GUIDE_COLOR, linewidth=0.8)
        axes.set_xlim(-0.01, 1.01)
        axes.set_ylim(-0.01, 1.01)

    name = positive.upper()
    return CurvePanels(
        f"Precision and recall, {name} positive",
        f"Recall ({name} images called {name})",
        f"Precision (of those called {name})",
        "AUPR (%)",
        "aupr_in" if positive == "id" else "aupr_out",
        curve,
        guides,
    )
