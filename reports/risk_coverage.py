"""Risk-coverage curves: the error rate among the images that a method is surest of, all methods in one panel."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.metrics import ideal_risk, risk_coverage_curve
from bench.prediction_report import PredictionReport, PredictionResults, prediction_report

from .blocks import Block, Entry
from .panels import FigureRows, Grid, figures_of_blocks
from .prediction_blocks import prediction_blocks
from .result_row import grouped
from .style import DASHES, LINE_COLOR, OTHERS_COLOR, figure_name, figure_style, save_figure
from .summary import percent

LEGEND_SIZE = 7.5
"""Font size in points."""

MAX_POINTS = 1000
"""Points of a curve: more than pixels across."""

FEWEST = 0.05
"""The coverage from which on a curve must fit into the panel; with fewer images it jumps."""

FIGURE_SPACE = "\u2007"
"""A space as wide as a figure, so that numbers stand in a column."""


@prediction_report("risk-coverage")
class RiskCoverage(PredictionReport):
    """Risk-coverage curves: the error rate among the accepted images against their share, and the ideal curve.

    A figure for each ID set, network and seed with all methods in one panel; of more than eight methods the best by
    AUROC and the reference are told apart. The ideal ranks every right prediction above every wrong one; networks that
    err differently have one each.
    """

    def write(self, results: PredictionResults, folder: Path) -> list[Path]:
        """Write `risk-coverage_….png` and `.svg`. Raises `BenchError` without finished cells."""
        with figure_style():
            return [
                path
                for rows in figures_of_blocks(prediction_blocks(results.rows), Block.by_seed)
                for path in save_figure(_figure(rows, results), folder, rows.stem("risk-coverage"))
            ]


def _figure(rows: FigureRows, results: PredictionResults) -> Figure:
    shown = f"{rows.choice_words} · " if rows.choice_words else ""
    ideals = _ideals(rows.block)
    longest = max(map(len, [*ideals, *(f"{FIGURE_SPACE * 7}{figure_name(label)}" for label in rows.labels)]))
    grid = Grid(1, 3.6, 2.8, left=0.35, right=0.6 * LEGEND_SIZE / 72 * (longest + 6), above=0.15, below=0.4)
    figure, (axes,) = grid.draw(1, f"Risk and coverage · {shown}{rows.title}", "", "")
    tops = [_draw(axes, entry, rows, results) for entry in sorted(rows.block.entries, key=_aurc)]
    others = len(rows.choice.others)
    if others:
        axes.plot([], [], color=OTHERS_COLOR, label=f"{FIGURE_SPACE * 5}  {others} others")
    for place, (name, accuracy) in enumerate(ideals.items()):
        coverage = np.linspace(0.001, 1, MAX_POINTS)
        style = (0.0, DASHES[2 + place % 3])
        axes.plot(100 * coverage, 100 * ideal_risk(coverage, accuracy), color=LINE_COLOR, linestyle=style, label=name)
    axes.set_xlabel("Coverage: share of images accepted, the surest first (%)")
    axes.set_ylabel("Risk: error rate among the accepted (%)")
    axes.set_xlim(0, 100)
    axes.set_ylim(0, 105 * max(*tops, 0.001))
    axes.legend(title="AURC (%)", alignment="left", loc="upper left", bbox_to_anchor=(1.0, 1.03), fontsize=LEGEND_SIZE)
    return figure


def _draw(axes: Axes, entry: Entry, rows: FigureRows, results: PredictionResults) -> float:
    """Draw the curve of an entry; returns its highest risk where coverage is not small."""
    found = results.predictions(entry.rows[0].key)
    coverage, risk, _ = risk_coverage_curve(found.scores, found.correct, MAX_POINTS)
    if entry.label in rows.choice.others:
        axes.plot(100 * coverage, 100 * risk, color=OTHERS_COLOR, linewidth=0.5)
    else:
        look = rows.looks[entry.label]
        text = f"{_number(_aurc(entry))}  {figure_name(entry.label)}"
        axes.plot(100 * coverage, 100 * risk, color=look.color, linestyle=look.linestyle, label=text)
    return float(risk[coverage >= FEWEST].max())


def _aurc(entry: Entry) -> float:
    aurc = entry.rows[0].metrics["aurc"]
    assert aurc is not None  # it is defined even where all predictions are right
    return aurc


def _ideals(block: Block) -> dict[str, float]:
    """The accuracy of each network of the block by what its ideal curve is called, with the area under that."""
    networks = grouped((entry.rows[0] for entry in block.entries), lambda row: row.id_accuracy)
    return {
        f"{_number(_ideal_aurc(accuracy, block.n_id))}  ideal at {percent(accuracy, 2)} % accuracy": accuracy
        for accuracy in networks
        if accuracy is not None
    }


def _ideal_aurc(accuracy: float, count: int) -> float:
    return float(ideal_risk(np.arange(1, count + 1) / count, accuracy).mean())


def _number(aurc: float) -> str:
    return percent(aurc, 2).rjust(5, FIGURE_SPACE)
