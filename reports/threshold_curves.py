"""The paper's Figure 4: detection error against the threshold, for misclassified ID images and for each OOD set."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from bench.metrics import OperatingPoint, detection_error_curve
from bench.report import FigureReport, Results, report

from .blocks import Block
from .panels import FigureRows, Grid, figure_rows
from .score_axis import REST, ScoreAxis, score_axis
from .style import LINE_COLOR, NEUTRAL_COLOR, Look, figure_name, figure_style, looks, save_figure
from .summary import percent
from .threshold_transfer import ThresholdTransfer

Floats = NDArray[np.float64]

MAX_POINTS = 400
"""Points of a curve: more than pixels across."""

LEGEND_SIZE = 6.5
"""Font size in points."""


@report("threshold-curves")
class ThresholdCurves(FigureReport):
    """Detection error against threshold: right against wrong ID images, and ID images against each OOD set.

    DeVries & Taylor (2018), Figure 4: the threshold where misclassified ID images are told apart best is chosen without
    OOD data. A panel for each method: dots mark the smallest errors, the vertical line the chosen threshold, and the
    legend says both errors. The threshold is chosen on the first 1,000 ID images, or the first fifth; the curves of the
    OOD sets are those of the others. Of more than eight methods the best by mean AUROC and the reference are shown.
    """

    kind = "threshold"
    nothing = "no ID image is known to be misclassified."

    def write(self, results: Results, folder: Path) -> list[Path]:
        """Write `threshold-curves_….png` and `.svg`; nothing where no ID image is known to be misclassified.

        Raises `BenchError` without finished cells.
        """
        paths = []
        with figure_style():
            for rows in figure_rows(results.rows, Block.by_seed):
                panels = _panels(rows, results)
                if panels:
                    paths += save_figure(_figure(rows, panels), folder, rows.stem("threshold-curves"), self.formats)
        return paths


@dataclass
class _Panel:
    """One method with the same ID scores for several OOD sets."""

    label: str
    by_ood: dict[str, ThresholdTransfer] = field(default_factory=dict)

    @property
    def axis(self) -> ScoreAxis:
        """The axis on which all of its scores are drawn."""
        first = next(iter(self.by_ood.values()))
        ood = np.concatenate([one.ood for one in self.by_ood.values()])
        return score_axis(np.concatenate([first.right, first.wrong, first.test]), ood)


def _panels(rows: FigureRows, results: Results) -> list[_Panel]:
    """The panels, those of one method side by side; of many methods only the first of each."""
    found: dict[tuple[str, bytes], _Panel] = {}
    for section in rows.block.sections:
        for entry in (entry for entry in section.entries if entry.label in rows.labels):
            scores = results.scores(entry.rows[0].key)
            transfer = ThresholdTransfer.of(scores)
            if transfer is not None:
                key = entry.label, scores.id_scores.tobytes()
                found.setdefault(key, _Panel(entry.label)).by_ood[section.ood] = transfer
    panels = sorted(found.values(), key=lambda panel: rows.labels.index(panel.label))
    return list({panel.label: panel for panel in reversed(panels)}.values())[::-1] if rows.choice.others else panels


def _figure(rows: FigureRows, panels: list[_Panel]) -> Figure:
    shown = f"{rows.choice_words} · " if rows.choice_words else ""
    oods = list(dict.fromkeys(section.ood for section in rows.block.sections))
    longest = max(len(figure_name(ood)) for ood in oods)
    right = 0.2 + 0.6 * LEGEND_SIZE / 72 * (max(longest, 14) + 18)
    height = max(1.9, (len(oods) + 3) * 1.5 * LEGEND_SIZE / 72)
    grid = Grid(2, 2.6, height, right=right, above=0.35, below=0.5)
    title = f"Detection error against threshold · {shown}{rows.title}"
    figure, all_axes = grid.draw(len(panels), title, "", "Detection error (%)")
    for axes, panel in zip(all_axes, panels, strict=True):
        tuned = len(panel.by_ood) < len(rows.block.entries_of(panel.label))
        tuned_for = f", tuned for {', '.join(map(figure_name, panel.by_ood))}" if tuned else ""
        _draw(axes, panel, looks(oods))
        axes.set_title(f"{figure_name(panel.label)}{tuned_for}")
    return figure


def _draw(axes: Axes, panel: _Panel, ood_looks: dict[str, Look]) -> None:
    axis = panel.axis
    first = next(iter(panel.by_ood.values()))
    chosen = first.chosen
    place = axis.place(np.array([chosen.threshold]))[0]
    axes.axvline(place, color=LINE_COLOR, linewidth=0.9, linestyle=(0, (3, 2)), label="threshold chosen")
    words = f"{percent(chosen.detection_error, 1)}  right against wrong"
    line = _curve(first.right, first.wrong, axis)
    axes.plot(*line, color=NEUTRAL_COLOR, linewidth=1.0, label=words)
    _mark(axes, axis, chosen, NEUTRAL_COLOR)
    for ood, transfer in panel.by_ood.items():
        look = ood_looks[ood]
        errors = f"{percent(transfer.best.detection_error, 1)} → {percent(transfer.chosen_error, 1)}"
        line = _curve(transfer.test, transfer.ood, axis)
        axes.plot(*line, color=look.color, linestyle=look.linestyle, label=f"{errors}  {figure_name(ood)}")
        _mark(axes, axis, transfer.best, look.color)
    axes.set_ylim(0, max(52.0, axes.get_ylim()[1]))
    axes.set_xlabel(axis.label.removesuffix(f"; {REST}"))
    axis.dress(axes)
    axes.legend(
        title="Smallest error (%) → at the threshold",
        title_fontsize=LEGEND_SIZE,
        alignment="left",
        loc="upper left",
        bbox_to_anchor=(1.0, 1.05),
        fontsize=LEGEND_SIZE,
    )


def _curve(id_scores: Floats, ood_scores: Floats, axis: ScoreAxis) -> tuple[Floats, Floats]:
    """Places of thresholds within the axis, evenly spread, and their errors in percent."""
    thresholds, errors = detection_error_curve(id_scores, ood_scores)
    places = np.clip(axis.place(thresholds), axis.low, axis.high)
    wanted = np.searchsorted(places, np.linspace(axis.low, axis.high, MAX_POINTS), side="left")
    kept = np.unique(np.append(wanted, errors.argmin()).clip(max=places.size - 1))
    return places[kept], 100 * errors[kept]


def _mark(axes: Axes, axis: ScoreAxis, point: OperatingPoint, color: str) -> None:
    place = np.clip(axis.place(np.array([point.threshold])), axis.low, axis.high)
    axes.scatter(place, [100 * point.detection_error], s=14, color=color, zorder=3, clip_on=False)
