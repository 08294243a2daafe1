"""Reliability diagrams: how often a network is right where a method says how sure it is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.metrics import ReliabilityDiagram, brier_score, reliability_diagram
from bench.prediction_report import PredictionReport, PredictionResults, Predictions, prediction_report

from .blocks import Block
from .panels import FigureRows, Grid, add_key, figures_of_blocks
from .prediction_blocks import prediction_blocks
from .style import LINE_COLOR, NEUTRAL_COLOR, figure_name, figure_style, save_figure
from .summary import percent

GRID = Grid(4, 2.3, 2.3, above=0.5, below=0.3, key=0.25, least=5.5)
BINS = 15


@prediction_report("reliability-diagram")
class Reliability(PredictionReport):
    """Reliability diagrams: accuracy against confidence in 15 bins, a panel for each method that says a probability.

    A figure for each ID set, network and seed. Bins below the diagonal are too sure, those above not sure enough; the
    thin outline says which share of the images each bin holds.
    """

    def write(self, results: PredictionResults, folder: Path) -> list[Path]:
        """Write `reliability-diagram_….png` and `.svg`; nothing where no method says a probability.

        Raises `BenchError` without finished cells.
        """
        paths = []
        with figure_style():
            for rows in figures_of_blocks(prediction_blocks(results.rows), Block.by_seed):
                panels = _panels(rows, results)
                if panels:
                    paths += save_figure(reliability_figure(rows, panels), folder, rows.stem("reliability-diagram"))
        return paths


def _panels(rows: FigureRows, results: PredictionResults) -> dict[str, Predictions]:
    """The predictions by label of the methods whose scores are probabilities."""
    found = {entry.label: results.predictions(entry.rows[0].key) for entry in rows.block.entries}
    return {label: one for label, one in found.items() if one.probabilities is not None}


def reliability_figure(rows: FigureRows, panels: Mapping[str, Predictions]) -> Figure:
    """A panel for each method, by label; all have probabilities."""
    figure, all_axes = GRID.draw(
        len(panels),
        f"Reliability · {rows.title}",
        "Confidence (%)",
        "Right predictions in the bin (%)",
    )
    for axes, (label, found) in zip(all_axes, panels.items(), strict=True):
        assert found.probabilities is not None
        diagram = reliability_diagram(found.probabilities, found.correct, n_bins=BINS)
        _draw(axes, diagram, rows.looks[label].color)
        brier = brier_score(found.probabilities, found.correct)
        errors = f"ECE {percent(diagram.expected_calibration_error, 2)}  Brier {percent(brier, 2)}"
        axes.set_title(f"{figure_name(label)}\n{errors}")
    add_key(figure, GRID, all_axes[0])
    return figure


def _draw(axes: Axes, diagram: ReliabilityDiagram, color: str) -> None:
    left, width = 100 * diagram.lower, 100 * (diagram.upper - diagram.lower)
    axes.bar(
        left,
        100 * diagram.accuracy,
        width,
        align="edge",
        color=color,
        alpha=0.45,
        edgecolor=color,
        label="right predictions",
    )
    shares = np.zeros(BINS)
    shares[np.rint(diagram.lower * BINS).astype(int)] = diagram.count / diagram.count.sum()
    axes.stairs(
        100 * shares, np.linspace(0, 100, BINS + 1), color=NEUTRAL_COLOR, linewidth=0.9, label="share of images"
    )
    axes.plot([0, 100], [0, 100], color=LINE_COLOR, linewidth=1.0, linestyle=(0, (4, 2)), label="calibrated")
    axes.scatter(100 * diagram.confidence, 100 * diagram.accuracy, s=7, color=color, zorder=3)
    axes.set_xlim(0, 100)
    axes.set_ylim(0, 101)
