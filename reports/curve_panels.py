"""A figure of curves: for each OOD set a panel, for each method a line; of many methods the best, others grey."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .blocks import Entry, Section
from .panels import FigureRows, Grid
from .style import OTHERS_COLOR, Floats, figure_name
from .summary import DASH, percent

MOST_BELOW = 6
"""More methods than these are listed beside their panel instead of below it."""

LEGEND_SIZE, SMALL_SIZE = 7.5, 6.5
"""Font sizes in points of the legends below and beside."""

FIGURE_SPACE = "\u2007"
"""A space as wide as a figure, so that numbers stand in a column."""


@dataclass(frozen=True)
class CurvePanels:
    """What is drawn: `curve` gives the x and y of an entry, `prepare` draws guides and sets the limits of a panel.

    `metric` is the one by which the legend, headed by `legend`, is sorted.
    """

    title: str
    x_label: str
    y_label: str
    legend: str
    metric: str
    curve: Callable[[Section, Entry], tuple[Floats, Floats]]
    prepare: Callable[[Axes, Section], None]

    def figure(self, rows: FigureRows) -> Figure:
        """The figure of these rows."""
        sections = rows.block.sections
        lines = max(len(section.entries) for section in sections)
        lines = min(lines, len(rows.labels) + (1 if rows.choice.others else 0))
        longest = max(len(figure_name(label)) for label in rows.labels)
        beside = lines > MOST_BELOW
        grid = _grid_beside(lines, longest) if beside else _grid_below(lines, longest)
        shown = f"{rows.choice_words} · " if rows.choice_words else ""
        title = f"{self.title} · {shown}{rows.title}"
        figure, panels = grid.draw(len(sections), title, self.x_label, self.y_label)
        for axes, section in zip(panels, sections, strict=True):
            self._panel(axes, section, rows)
            self._legend(axes, beside=beside)
        return figure

    def _panel(self, axes: Axes, section: Section, rows: FigureRows) -> None:
        self.prepare(axes, section)
        others = [entry for entry in section.entries if entry.label in rows.choice.others]
        for entry in others:
            axes.plot(*self.curve(section, entry), color=OTHERS_COLOR, linewidth=0.5)
        shown = [entry for entry in section.entries if entry.label in rows.choice.labels]
        for entry in sorted(shown, key=self._quality, reverse=True):
            look = rows.looks[entry.label]
            curve = self.curve(section, entry)
            axes.plot(*curve, color=look.color, linestyle=look.linestyle, label=self._text(entry))
        if others:
            axes.plot([], [], color=OTHERS_COLOR, label=f"{FIGURE_SPACE * 5}  {len(others)} others")
        axes.set_title(f"{figure_name(section.ood)} ({section.n_ood:,})")

    def _legend(self, axes: Axes, *, beside: bool) -> None:
        axes.legend(
            title=self.legend,
            alignment="left",
            loc="upper left",
            bbox_to_anchor=(1.0, 1.03) if beside else (-0.04, -0.1),
            fontsize=SMALL_SIZE if beside else LEGEND_SIZE,
            labelspacing=0.1 if beside else 0.3,
        )

    def _quality(self, entry: Entry) -> float:
        value = entry.rows[0].metrics[self.metric]
        return -1.0 if value is None else value

    def _text(self, entry: Entry) -> str:
        value = entry.rows[0].metrics[self.metric]
        figure = DASH if value is None else percent(value, 1)
        return f"{figure.rjust(5, FIGURE_SPACE)}  {figure_name(entry.label)}"


def _grid_below(methods: int, longest: int) -> Grid:
    """Panels with their legends below."""
    width = max(2.2, _text_width(longest, LEGEND_SIZE))
    return Grid(4, width, 2.2, below=0.4 + (methods + 1) * 1.5 * LEGEND_SIZE / 72)


def _grid_beside(methods: int, longest: int) -> Grid:
    """Panels with their legends to the right."""
    return Grid(2, 3.1, max(3.1, (methods + 2) * 1.15 * SMALL_SIZE / 72), right=0.2 + _text_width(longest, SMALL_SIZE))


def _text_width(characters: int, size: float) -> float:
    """Inches that a line of the legend takes, with its figure and its sample of the line."""
    return 0.6 * size / 72 * (characters + 12)
