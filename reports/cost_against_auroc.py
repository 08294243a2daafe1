"""What methods cost against how well they detect: a point for each method."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator

from bench.report import FigureReport, Results, report

from .auroc_axis import dress, height
from .cost_points import LEAST_MICROSECONDS, Point, Points, pareto_front
from .panels import FigureRows, Grid, add_key, figure_rows
from .point_numbers import draw_numbers
from .style import LINE_COLOR, figure_name, figure_style, save_figure

WIDTH, LEAST_HEIGHT = 5.2, 3.4
LIST_SIZE = 6.5
LINE = 1.25 * LIST_SIZE / 72
"""Inches of a line of the list of methods."""

MARKER = 5.0
"""Diameter of a point, in points."""

REMARK_CHARACTERS = 120

FEW_DECADES = 1000.0
"""Where the ends of the axis are within this factor of each other, it has more ticks than one for each decade."""

FIGURE_SPACE = "\u2007"

X_LABEL = "Microseconds per image beyond the forward pass (log scale)"


@report("cost-against-auroc")
class CostAgainstAuroc(FigureReport):
    """The mean AUROC over the OOD sets against the time per image: a figure for each ID set, network and protocol.

    Each method is a numbered point; those on the Pareto front, which no other beats in both, are ringed. Time and
    AUROC are those of the tables: the median over OOD sets and seeds, and the mean over both.
    """

    kind = "cost"
    nothing = "no method has both a cost and an AUROC on every set."
    needs_scores = False

    def write(self, results: Results, folder: Path) -> list[Path]:
        """Write `cost-against-auroc_….png` and `.svg`; nothing where no method has both a cost and an AUROC.

        Raises `BenchError` without finished cells.
        """
        paths = []
        with figure_style():
            for rows in figure_rows(results.rows, lambda block: [block]):
                points = Points.of(rows.block)
                if points.shown:
                    paths += save_figure(_figure(rows, points), folder, rows.stem("cost-against-auroc"), self.formats)
        return paths


def _figure(rows: FigureRows, drawn: Points) -> Figure:
    points, front = drawn.shown, pareto_front(drawn.shown)
    remarks = textwrap.wrap(_remarks(drawn), REMARK_CHARACTERS)
    longest = max(len(figure_name(point.label)) for point in points)
    grid = Grid(
        1,
        WIDTH,
        max(LEAST_HEIGHT, LINE * len(points)),
        right=0.6 + 0.6 * LIST_SIZE / 72 * (longest + 4),
        above=0.12,
        below=0.45 + 0.14 * len(remarks),
        key=0.2,
    )
    sets = [section.ood for section in rows.block.sections]
    seeds = f" · mean over {len(rows.block.seeds)} seeds" if len(rows.block.seeds) > 1 else ""
    where = f"on {figure_name(sets[0])}" if len(sets) == 1 else f"over {len(sets)} OOD sets"
    y_label = f"{'AUROC' if len(sets) == 1 else 'Mean AUROC'} {where} (%, spread towards 100)"
    figure, [axes] = grid.draw(1, f"AUROC against cost · {rows.title}{seeds}", "", y_label)
    _limits(axes, points)
    _draw_front(axes, front)
    _draw_points(axes, points, front, rows)
    spots = [(point.cost, height(point.auroc)) for point in points]
    draw_numbers(figure, axes, spots, MARKER, _front_line(axes, front))
    axes.set_xlabel(X_LABEL)
    axes.text(0, -0.48 / grid.height, "\n".join(remarks), transform=axes.transAxes, va="top", fontsize=LIST_SIZE)
    add_key(figure, grid, axes)
    return figure


def _limits(axes: Axes, points: Sequence[Point]) -> None:
    """Axes with room around the points; that of the cost has a decade at least."""
    costs, aurocs = [point.cost for point in points], [point.auroc for point in points]
    stretch = max(1.6, (10 * min(costs) / max(costs)) ** 0.5)
    axes.set_xscale("log")
    axes.set_xlim(min(costs) / stretch, max(costs) * stretch)
    dress(axes, min(aurocs), max(aurocs))
    if max(costs) / min(costs) * stretch**2 < FEW_DECADES:
        axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.xaxis.set_major_formatter("{x:,.7g}")
    axes.xaxis.set_minor_formatter("")
    axes.grid(visible=True, color="#EEEEEE", linewidth=0.6)
    axes.set_axisbelow(True)


def _front_line(axes: Axes, front: Sequence[Point]) -> list[tuple[float, float]]:
    """The corners of the staircase below which all points lie, to the end of the axis."""
    ends = [*(point.cost for point in front[1:]), axes.get_xlim()[1]]
    return [
        corner
        for point, end in zip(front, ends, strict=True)
        for corner in ((point.cost, height(point.auroc)), (end, height(point.auroc)))
    ]


def _draw_front(axes: Axes, front: Sequence[Point]) -> None:
    axes.plot(
        *zip(*_front_line(axes, front), strict=True),
        color=LINE_COLOR,
        linewidth=0.8,
        linestyle=(0, (3, 2)),
        label="Pareto front: no method is both faster and better than those ringed",
    )


def _draw_points(axes: Axes, points: Sequence[Point], front: Sequence[Point], rows: FigureRows) -> None:
    handles = []
    for number, point in enumerate(points, start=1):
        color, ringed = rows.looks[point.label].color, point in front
        axes.add_line(_mark([point.cost], [height(point.auroc)], color, ringed=ringed))
        text = f"{str(number).rjust(2, FIGURE_SPACE)}  {figure_name(point.label)}"
        handles.append(_mark([], [], color, ringed=ringed, label=text))
    axes.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(1.01, 1.0),
        fontsize=LIST_SIZE,
        labelspacing=0.15,
        handlelength=1.0,
        borderaxespad=0.0,
    )


def _mark(x: list[float], y: list[float], color: str, *, ringed: bool, label: str = "") -> Line2D:
    return Line2D(
        x,
        y,
        linestyle="",
        marker="o",
        markersize=MARKER,
        color=color,
        markeredgecolor="black" if ringed else "white",
        markeredgewidth=1.0 if ringed else 0.4,
        label=label,
    )


def _remarks(points: Points) -> str:
    """What the figure does not show, or not as it is."""
    parts = [
        (points.without_cost, "not shown, for the cost is not known"),
        (points.without_auroc, "not shown, for there is no AUROC on every OOD set"),
        (points.unresolved, f"at {LEAST_MICROSECONDS:g}, for it takes less"),
    ]
    words = [f"{', '.join(map(figure_name, labels))}: {why}." for labels, why in parts if labels]
    return " ".join(["Work shared with other methods counts in full.", *words])
