"""The critical-difference diagram: mean ranks of the methods over OOD sets, and which of them may be equal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.report import FigureReport, Results, report
from bench.statistics import RankComparison, compare_ranks

from .blocks import Block
from .panels import FigureRows, Grid, figure_rows
from .ranking import ranking
from .style import GUIDE_COLOR, NEUTRAL_COLOR, Floats, figure_name, figure_style, save_figure
from .summary import summarise

FEWEST_PAIRS = 5
"""Ranks over fewer OOD sets than these say nothing."""

NAME_SIZE = 7.0
"""Font size in points."""

LINE = 1.35 * NAME_SIZE / 72
"""Inches from one method to the next."""

WIDTH, HEAD = 5.0, 0.55
"""Inches of the axis, and above the first method."""

NO_BREAK = "\u00a0"

BAR = 0.09
"""Inches from one bar of equal methods to the next."""


@report("critical-difference")
class CriticalDifference(FigureReport):
    """Mean ranks by AUROC over the OOD sets; bars join methods that Nemenyi's test does not tell apart at 5 %.

    A figure for each ID set, network and protocol with at least five OOD sets; methods that were not measured on all of
    them are left out, and said. Each set counts as one observation (Demšar 2006): many methods on few sets are hardly
    ever told apart.
    """

    kind = "cd"
    nothing = "ranks need two methods on the same five OOD sets or more."
    needs_scores = False
    on_demand = True

    def write(self, results: Results, folder: Path) -> list[Path]:
        """Write `critical-difference_….png` and `.svg`; nothing where there are too few sets or methods.

        Raises `BenchError` without finished cells.
        """
        paths = []
        with figure_style():
            for rows in figure_rows(results.rows, lambda block: [block]):
                labels, table = complete_aurocs(rows.block)
                if len(labels) > 1 and len(rows.block.sections) >= FEWEST_PAIRS:
                    figure = _figure(rows, labels, compare_ranks(table, higher_is_better=True))
                    paths += save_figure(figure, folder, rows.stem("critical-difference"), self.formats)
        return paths


def complete_aurocs(block: Block) -> tuple[list[str], Floats]:
    """The methods that have an AUROC on every OOD set, and these `(sets, methods)`, means over seeds."""
    found = {
        label: [summarise([row.metrics["auroc"] for row in entry.rows]) for entry in block.entries_of(label)]
        for label in ranking(block)
    }
    whole = {
        label: [one.mean for one in means if one is not None]
        for label, means in found.items()
        if len(means) == len(block.sections) and None not in means
    }
    return list(whole), np.array(list(whole.values())).T


def cliques(ranks: Sequence[float], critical: float) -> list[tuple[int, int]]:
    """The first and last place of each longest run of ascending ranks that differ by less than the critical difference.

    >>> cliques([1.0, 1.5, 3.0, 3.2, 5.0], 2.0)
    [(0, 1), (1, 3), (2, 4)]
    """
    found: list[tuple[int, int]] = []
    for start, rank in enumerate(ranks):
        end = max(place for place, other in enumerate(ranks) if other - rank < critical)
        if end > start and (not found or end > found[-1][1]):
            found.append((start, end))
    return found


def _figure(rows: FigureRows, labels: list[str], found: RankComparison) -> Figure:
    order = np.argsort(found.mean_ranks, kind="stable")
    names = [figure_name(labels[place]) for place in order]
    ranks = found.mean_ranks[order].tolist()
    bars = cliques(ranks, found.critical_difference)
    side = 0.12 + 0.6 * NAME_SIZE / 72 * (max(map(len, names)) + 6)
    depth = HEAD + BAR * (len(bars) + 1) + LINE * -(-len(names) // 2) + 0.1
    left_out = len(rows.block.labels) - len(labels)
    said = f" · left out, as not measured on all sets: {left_out}" if left_out else ""
    friedman = f"Friedman p = {found.friedman_p:.2g}".replace(" ", NO_BREAK)
    title = f"Mean ranks by AUROC over {len(rows.block.sections)} OOD sets · {rows.title} · {friedman}{said}"
    figure, [axes] = Grid(1, WIDTH, depth, left=side, right=side, above=0.1, below=0.0).draw(1, title, "", "")
    axes.set_xlim(1, len(names))
    axes.set_ylim(depth, 0)
    axes.axis("off")
    _draw_axis(axes, len(names), found.critical_difference)
    for place, (first, last) in enumerate(bars):
        y = HEAD + BAR * (place + 0.7)
        pad = 0.004 * (len(names) - 1)
        axes.plot([ranks[first] - pad, ranks[last] + pad], [y, y], color=NEUTRAL_COLOR, linewidth=2.2, clip_on=False)
    _draw_names(axes, names, ranks, HEAD + BAR * (len(bars) + 1))
    return figure


def _draw_axis(axes: Axes, count: int, critical: float) -> None:
    """The ranks from 1, the best, and above them the critical difference, as far as it goes."""
    axes.plot([1, count], [HEAD, HEAD], color=NEUTRAL_COLOR, linewidth=0.9, clip_on=False)
    step = next(step for step in (1, 2, 5, 10, 20, 50) if (count - 1) / step <= 12)
    for rank in sorted({1, *range(step, count + 1, step)}):
        axes.plot([rank, rank], [HEAD - 0.05, HEAD], color=NEUTRAL_COLOR, linewidth=0.9, clip_on=False)
        axes.text(rank, HEAD - 0.08, str(rank), ha="center", va="bottom", fontsize=NAME_SIZE)
    end, beyond = min(1 + critical, count), " (beyond the axis)" if 1 + critical > count else ""
    axes.plot([1, end], [0.24, 0.24], color=NEUTRAL_COLOR, linewidth=1.2, marker="|", markersize=6, clip_on=False)
    axes.text(1, 0.16, f"critical difference {critical:.2f}{beyond}", ha="left", va="bottom", fontsize=NAME_SIZE)


def _draw_names(axes: Axes, names: list[str], ranks: list[float], top: float) -> None:
    """The better half to the left, from top to bottom, the others to the right, from bottom to top."""
    half = -(-len(names) // 2)
    span = len(names) - 1
    for place, (name, rank) in enumerate(zip(names, ranks, strict=True)):
        left = place < half
        y = top + LINE * ((place if left else len(names) - 1 - place) + 0.7)
        edge = 1 - 0.01 * span if left else len(names) + 0.01 * span
        axes.plot([rank, rank, edge], [HEAD, y, y], color=GUIDE_COLOR, linewidth=0.7, clip_on=False, zorder=1)
        text = f"{name}  {rank:.2f}" if left else f"{rank:.2f}  {name}"
        shift = -0.005 * span if left else 0.005 * span
        axes.text(edge + shift, y, text, ha="right" if left else "left", va="center", fontsize=NAME_SIZE)
