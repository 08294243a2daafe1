"""Reliability diagrams of a run of OOD detection: how often the network is right where a score says how sure it is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.prediction_report import Predictions
from bench.report import FigureReport, Results, report

from .blocks import Block
from .panels import FigureRows, figure_rows
from .reliability_diagram import reliability_figure
from .style import figure_style, save_figure


@report("reliability")
class RunReliability(FigureReport):
    """Reliability diagrams: accuracy against score in 15 bins, a panel for each method whose scores are probabilities.

    A figure for each ID set, network, protocol and seed. A score that was tuned for several OOD sets is that of the
    first.
    """

    kind = "reliability"
    nothing = "no score here is a probability of a right prediction, or the ID set has no labels."
    on_demand = True

    def write(self, results: Results, folder: Path) -> list[Path]:
        """Write `reliability_….png` and `.svg`; nothing where the ID set has no labels, or no score is a probability.

        Raises `BenchError` without finished cells.
        """
        paths = []
        with figure_style():
            for rows in figure_rows(results.rows, Block.by_seed):
                panels = _panels(rows, results)
                if panels:
                    paths += save_figure(
                        reliability_figure(rows, panels), folder, rows.stem("reliability"), self.formats
                    )
        return paths


def _panels(rows: FigureRows, results: Results) -> dict[str, Predictions]:
    """The predictions by label of the methods whose scores are probabilities."""
    found = {}
    for label in rows.block.labels:
        key = rows.block.entries_of(label)[0].rows[0].key
        probability = None if results.probability is None else results.probability(key)
        scores = results.scores(key)
        if probability is not None and scores.id_correct is not None and _are_probabilities(probability):
            found[label] = Predictions(scores.id_scores, scores.id_correct, probability)
    return found


def _are_probabilities(values: NDArray[np.float64]) -> bool:
    return bool(((values >= 0) & (values <= 1)).all())
