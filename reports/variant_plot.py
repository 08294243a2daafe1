"""The figure of an ablation: AUROC against what is varied."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.ablation.outcome import AblationReport, VariantRows, ablation_report

from .panels import Grid, add_key
from .style import GUIDE_COLOR, Look, figure_name, figure_style, looks, save_figure
from .summary import Summary
from .variant_lines import VariantLines

MEAN = "mean over the sets"

GRID = Grid(4, 2.3, 1.9, key=0.3, below=0.45, least=4.5)

MOST_TICKS = 6
"""More values than these are not all written at the axis."""

LEAST_SPAN = 1.0
"""Percentage points that an axis of lines spans at least, so that noise does not look like a finding."""

LEVEL_CHARACTERS = 36
"""Characters that fit beside each other below a panel."""

CHANCE = 50.0
"""Where bars begin: the AUROC of a score that knows nothing."""

PERFECT = 100.0

BAR_SPACE = 0.72
"""Share of the axis that the bars of one variant take."""


@ablation_report("variant-plot")
class VariantPlot(AblationReport[VariantRows]):
    """AUROC against what is varied, a panel for each OOD set: lines where variants are numbers, else bars.

    Lines of several methods have panels of their own, since what a method changes by is less than methods differ by.
    """

    of = VariantRows

    def write(self, outcome: VariantRows, folder: Path) -> list[Path]:
        """Write `ablation.png` and `.svg`. Raises `BenchError` without finished cells."""
        lines = VariantLines(outcome)
        with figure_style():
            return save_figure(_figure(lines), folder, "ablation")


@dataclass(frozen=True)
class _Panel:
    """One OOD set, or the mean over all, and the methods that are drawn together."""

    ood: str
    methods: Sequence[str]
    title: str

    def summary(self, lines: VariantLines, variant: str, method: str) -> Summary | None:
        """The AUROC over the seeds that this panel draws for a variant, or None where it was not measured."""
        if self.ood == MEAN:
            return lines.mean("auroc", variant, method)
        return lines.summary("auroc", variant, method, self.ood)


def _figure(lines: VariantLines) -> Figure:
    oods = [*lines.oods, *([MEAN] if len(lines.oods) > 1 else [])]
    apart = lines.numeric and len(lines.methods) > 1
    panels = [
        _Panel(ood, methods, f"{figure_name(methods[0])}\n{figure_name(ood)}" if apart else figure_name(ood))
        for methods in ([[method] for method in lines.methods] if apart else [lines.methods])
        for ood in oods
    ]
    grid = replace(GRID, key=0.0, above=0.5) if apart else GRID
    title = " · ".join(map(figure_name, [lines.outcome.name, *lines.about]))
    figure, all_axes = grid.draw(len(panels), title, figure_name(lines.outcome.axis), "AUROC (%)")
    chosen = looks(lines.methods)
    for axes, panel in zip(all_axes, panels, strict=True):
        axes.set_title(panel.title)
        for method in panel.methods:
            (_draw_line if lines.numeric else _draw_bars)(axes, lines, panel, method, chosen[method])
        (_dress_lines if lines.numeric else _dress_bars)(axes, lines)
    if not apart:
        add_key(figure, grid, all_axes[0])
    return figure


def _draw_line(axes: Axes, lines: VariantLines, panel: _Panel, method: str, look: Look) -> None:
    summaries = [panel.summary(lines, variant, method) for variant in lines.variants]
    points = [
        (value, 100 * one.mean, 100 * (one.sd or 0.0))
        for value, one in sorted(zip(lines.values, summaries, strict=True), key=lambda point: point[0] or 0.0)
        if one is not None and value is not None
    ]
    x, y, spread = zip(*points, strict=True) if points else ((), (), ())
    axes.errorbar(
        x, y, yerr=spread if any(spread) else None, color=look.color, linestyle=look.linestyle, marker="o",
        markersize=3.5, capsize=2, label=figure_name(method),
    )  # fmt: skip


def _dress_lines(axes: Axes, lines: VariantLines) -> None:
    if len(lines.values) <= MOST_TICKS:
        axes.set_xticks([value for value in lines.values if value is not None], lines.variants)
    axes.margins(y=0.12)
    low, high = axes.get_ylim()
    span = max(LEAST_SPAN, high - low)
    top = min((low + high + span) / 2, PERFECT + 0.1 * span)
    axes.set_ylim(top - span, top)
    axes.ticklabel_format(axis="y", useOffset=False)


def _draw_bars(axes: Axes, lines: VariantLines, panel: _Panel, method: str, look: Look) -> None:
    """Bars up or down from chance, with the AUROC in figures at their ends."""
    width = BAR_SPACE / len(panel.methods)
    shift = (list(panel.methods).index(method) - (len(panel.methods) - 1) / 2) * width
    summaries = [panel.summary(lines, variant, method) for variant in lines.variants]
    known = [(number + shift, one) for number, one in enumerate(summaries) if one is not None]
    spread = [100 * (one.sd or 0.0) for _, one in known]
    bars = axes.bar(
        [place for place, _ in known], [100 * one.mean - CHANCE for _, one in known], width, CHANCE, color=look.color,
        yerr=spread if any(spread) else None, error_kw={"elinewidth": 0.9, "capsize": 2}, label=figure_name(method),
    )  # fmt: skip
    axes.bar_label(bars, [f"{100 * one.mean:.1f}" for _, one in known], padding=2, fontsize=6)


def _level(name: str, count: int) -> str:
    """The name of one of `count` variants, in two lines at most that fit below its bars."""
    wrapped = textwrap.wrap(figure_name(name), max(5, LEVEL_CHARACTERS // count))
    return "\n".join(wrapped[:2]) + ("…" if len(wrapped) > 2 else "")


def _dress_bars(axes: Axes, lines: VariantLines) -> None:
    axes.axhline(CHANCE, color=GUIDE_COLOR, linewidth=0.8)
    axes.set_xticks(range(len(lines.variants)), [_level(name, len(lines.variants)) for name in lines.variants])
    axes.margins(y=0.15)
