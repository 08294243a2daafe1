"""ROC curves: for each OOD set a panel, for each method a line; of many methods the best, and the others in grey."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes

from bench.metrics import roc_curve
from bench.report import FORMATS, CellScores, FigureReport, Results, report

from .blocks import Block, Entry, Section
from .curve_panels import CurvePanels
from .panels import figure_rows
from .style import GUIDE_COLOR, Floats, figure_style, save_figure

X_LABEL = "False-positive rate (OOD called ID)"
Y_LABEL = "True-positive rate (ID called ID; dotted: 95 %)"


@report("roc-curves")
class RocCurves(FigureReport):
    """ROC curves with ID as positive: a figure for each ID set, network, protocol and seed, a panel for each OOD set.

    Of more than eight methods the best by mean AUROC and the reference are told apart; the others are thin grey lines.

    Args:
        log_fpr: draw the false-positive rate on a logarithmic axis, which shows where few OOD images pass.
        formats: endings of the files.
    """

    kind = "roc"

    def __init__(self, *, log_fpr: bool = False, formats: Sequence[str] = FORMATS) -> None:
        super().__init__(formats=formats)
        self.log_fpr = log_fpr

    def write(self, results: Results, folder: Path) -> list[Path]:
        """Write `roc-curves_….png` and `.svg` (`roc-curves-log_…`). Raises `BenchError` without finished cells."""
        kind = "roc-curves-log" if self.log_fpr else "roc-curves"

        def curve(section: Section, entry: Entry) -> tuple[Floats, Floats]:
            fpr, tpr = roc_points(results.scores(entry.rows[0].key))
            return _for_log_axis(fpr, tpr, self._lowest(section)) if self.log_fpr else (fpr, tpr)

        drawn = CurvePanels("ROC curves", X_LABEL, Y_LABEL, "AUROC (%)", "auroc", curve, self._guides)
        with figure_style():
            return [
                path
                for rows in figure_rows(results.rows, Block.by_seed)
                for path in save_figure(drawn.figure(rows), folder, rows.stem(kind), self.formats)
            ]

    def _lowest(self, section: Section) -> float:
        """Where the axis begins: the decade below the rate of one image."""
        return 10.0 ** math.floor(-math.log10(section.n_ood)) if self.log_fpr else 0.0

    def _guides(self, axes: Axes, section: Section) -> None:
        """Axes, the diagonal of chance, and the height at which FPR@95 is read off."""
        lowest = self._lowest(section)
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
