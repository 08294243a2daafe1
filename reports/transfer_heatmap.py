"""The matrices of a transfer as a picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from bench.ablation.outcome import AblationReport, TransferRows, ablation_report

from .panels import Grid
from .style import NEUTRAL_COLOR, PALETTE, Floats, figure_name, figure_style, save_figure
from .transfer_matrix import REFERENCE, TransferMatrix, about, matrices

COLORS = "RdBu"
"""Blue gains, red loses; told apart by all kinds of colour vision."""

OWN_COLOR = PALETTE[1]
"""The frame of what was tuned on the test's own OOD set; seen on blue, on red and on white."""

LEAST_GAIN = 1.0
"""Percentage points that the strongest colour stands for at least, so that noise stays pale."""

LONGEST_LEVEL = 9
"""Characters of a name that fit below a cell; longer ones are written aslant."""

CELL_WIDTH, CELL_HEIGHT, NAME_WIDTH = 0.85, 0.42, 1.75
"""Inches."""


@ablation_report("transfer-heatmap")
class TransferHeatmap(AblationReport[TransferRows]):
    """A matrix for each method: AUROC in figures, and in colour what it gains over the reference.

    What was tuned on the test's own OOD set is framed.
    """

    of = TransferRows

    def write(self, outcome: TransferRows, folder: Path) -> list[Path]:
        """Write `ablation.png` and `.svg`. Raises `BenchError` without rows."""
        with figure_style():
            return save_figure(_figure(matrices(outcome)), folder, "ablation")


def _figure(found: list[TransferMatrix]) -> Figure:
    first = found[0]
    rows, columns = max(len(one.lines) for one in found), len(first.oods)
    grid = Grid(2, columns * CELL_WIDTH, rows * CELL_HEIGHT, left=NAME_WIDTH, above=0.35, below=0.55, least=6.0)
    colour = f"AUROC (%), in colour its gain over {_name(first, REFERENCE)}"
    title = " · ".join([*map(figure_name, [first.outcome.name, *about(first.outcome)]), colour])
    figure, all_axes = grid.draw(len(found), title, "Tested on", f"{first.outcome.parameter} tuned on")
    strongest = max(LEAST_GAIN, *(float(np.abs(_gains(one)).max()) for one in found))
    for axes, matrix in zip(all_axes, found, strict=True):
        _draw(axes, matrix, strongest)
    return figure


def _gains(matrix: TransferMatrix) -> Floats:
    aurocs = _aurocs(matrix)
    gains: Floats = aurocs - aurocs[matrix.lines.index(REFERENCE)]
    return gains


def _aurocs(matrix: TransferMatrix) -> Floats:
    found = [[matrix.auroc(line, ood) for ood in matrix.oods] for line in matrix.lines]
    return np.array([[np.nan if one is None else 100 * one.mean for one in line] for line in found])


def _draw(axes: Axes, matrix: TransferMatrix, strongest: float) -> None:
    gains, aurocs = _gains(matrix), _aurocs(matrix)
    axes.imshow(gains, cmap=COLORS, norm=Normalize(-strongest, strongest), aspect="auto")
    for (row, column), auroc in np.ndenumerate(aurocs):
        dark = abs(gains[row, column]) > 0.6 * strongest
        axes.text(column, row, f"{auroc:.1f}", ha="center", va="center", color="white" if dark else NEUTRAL_COLOR)
        if matrix.lines[row] == matrix.oods[column]:
            corner = column - 0.5, row - 0.5
            own = Rectangle(corner, 1, 1, fill=False, linewidth=2, color=OWN_COLOR, clip_on=False, zorder=3)
            axes.add_patch(own)
    axes.set_title(figure_name(matrix.method))
    names = [figure_name(ood) for ood in matrix.oods]
    turned = max(map(len, names)) > LONGEST_LEVEL
    axes.set_xticks(range(len(names)), names, rotation=20 if turned else 0, ha="right" if turned else "center")
    axes.set_yticks(range(len(matrix.lines)), [_name(matrix, line) for line in matrix.lines])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)


def _name(matrix: TransferMatrix, line: str) -> str:
    return figure_name(matrix.title(line))
