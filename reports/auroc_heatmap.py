"""A picture of a whole table: methods by OOD sets, AUROC in figures and in colour."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure

from bench.report import FigureReport, Results, report

from .blocks import Block
from .panels import FigureRows, Grid, figure_rows
from .ranking import ranking
from .style import NEUTRAL_COLOR, Floats, figure_name, figure_style, save_figure
from .summary import DASH, percent, summarise

COLORS = "cividis"
"""Even in lightness, and the same to all kinds of colour vision."""

CELL_WIDTH, CELL_HEIGHT = 0.62, 0.17
"""Inches."""

NAME_SIZE = 7.0
"""Font size in points."""

CHANCE = 50.0
"""What is worse is as dark as this, so that the colours tell the good ones apart."""

SPREAD = 2.0
"""The power that spreads the colours towards 100 %, where most figures crowd."""

SLOPE = math.radians(35)
"""How the names of sets are written."""

MEAN = "mean"


@report("auroc-heatmap")
class AurocHeatmap(FigureReport):
    """Methods, the best mean AUROC first, by OOD sets: a figure for each ID set, network and protocol.

    Figures are means over seeds. The lightest cells are the best; what is worse than chance is as dark as chance.
    """

    kind = "heatmap"
    needs_scores = False
    on_demand = True

    def write(self, results: Results, folder: Path) -> list[Path]:
        """Write `auroc-heatmap_….png` and `.svg`. Raises `BenchError` without finished cells."""
        with figure_style():
            return [
                path
                for rows in figure_rows(results.rows, lambda block: [block])
                for path in save_figure(_figure(rows), folder, rows.stem("auroc-heatmap"), self.formats)
            ]


def _figure(rows: FigureRows) -> Figure:
    labels = ranking(rows.block)
    names = [figure_name(label) for label in labels]
    columns = [figure_name(section.ood) for section in rows.block.sections]
    columns += [MEAN] if len(columns) > 1 else []
    grid = Grid(
        1,
        len(columns) * CELL_WIDTH,
        len(labels) * CELL_HEIGHT,
        left=0.1 + _length(max(names, key=len)),
        right=0.15 + max(_beyond(name, len(columns) - place) for place, name in enumerate(columns)),
        above=0.15 + math.sin(SLOPE) * _length(max(columns, key=len)),
        below=0.05,
        least=4.0,
    )
    seeds = f" · mean over {len(rows.block.seeds)} seeds" if len(rows.block.seeds) > 1 else ""
    figure, [axes] = grid.draw(1, f"AUROC (%) · {rows.title}{seeds}", "", "")
    _draw(axes, _table(rows.block, labels), names, columns)
    return figure


def _length(name: str) -> float:
    """Inches that a name takes, at most."""
    return 0.6 * NAME_SIZE / 72 * len(name)


def _beyond(name: str, columns: int) -> float:
    """How far the name of a set reaches to the right of the last column, in inches; its own is the first of so many."""
    return max(0.0, math.cos(SLOPE) * _length(name) - (columns - 0.5) * CELL_WIDTH)


def _table(block: Block, labels: list[str]) -> Floats:
    """AUROCs in percent `(methods, sets)` with their mean as the last column where there are several sets."""
    found = np.full((len(labels), len(block.sections)), np.nan)
    for column, section in enumerate(block.sections):
        for entry in section.entries:
            mean = summarise([row.metrics["auroc"] for row in entry.rows])
            found[labels.index(entry.label), column] = np.nan if mean is None else 100 * mean.mean
    if len(block.sections) == 1:
        return found
    return np.hstack([found, found.mean(axis=1, keepdims=True)])


def _draw(axes: Axes, table: Floats, names: list[str], columns: list[str]) -> None:
    normal = PowerNorm(SPREAD, CHANCE, 100.0, clip=True)
    axes.imshow(table, cmap=COLORS, norm=normal, aspect="auto")
    for (row, column), value in np.ndenumerate(table):
        light = not np.isnan(value) and normal(value) < 0.6
        text = DASH if np.isnan(value) else percent(value / 100, 1)
        axes.text(
            column, row, text, ha="center", va="center_baseline", fontsize=NAME_SIZE - 0.5,
            color="white" if light else NEUTRAL_COLOR,
        )  # fmt: skip
    if columns[-1] == MEAN:
        axes.axvline(len(columns) - 1.5, color="white", linewidth=2.5)
    axes.set_yticks(range(len(names)), names, fontsize=NAME_SIZE)
    axes.set_xticks(
        range(len(columns)),
        columns,
        fontsize=NAME_SIZE,
        rotation=math.degrees(SLOPE),
        ha="left",
        rotation_mode="anchor",
    )
    axes.tick_params(length=0, top=False, labeltop=True, bottom=False, labelbottom=False)
    axes.spines[:].set_visible(False)
