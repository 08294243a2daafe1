"""What the figures share: which cells one figure shows, its title, and a grid of panels."""

from __future__ import annotations

import math
import textwrap
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .blocks import Block, blocks_of
from .escaping import file_stem
from .style import Look, figure_name, looks
from .summary import images

if TYPE_CHECKING:
    import pandas as pd

_TITLE_CHARACTERS = 13.0
"""Characters of a title that fit into an inch."""
_TITLE_LINE = 0.17
_EDGE = 0.08
"""Inches between what is written and the edge of the figure."""
_MARGIN = 0.3
"""Inches for the common labels below and to the left."""


@dataclass(frozen=True)
class FigureRows:
    """The cells of one ID set, network, protocol and seed; `looks` are those of the whole run, `place` names files."""

    block: Block
    seed: int | None
    looks: dict[str, Look]
    place: str

    @property
    def title(self) -> str:
        """What was measured on what."""
        block = self.block
        words = [f"{figure_name(block.id)} ({images(block.n_id)})", figure_name(block.network)]
        words.append(f"protocol {figure_name(block.protocol)}")
        return " · ".join(words + ([] if self.seed is None else [f"seed {self.seed}"]))

    def stem(self, kind: str, label: str = "") -> str:
        """The file name of the figure, or of the one of the method `label`, without its ending."""
        return file_stem(kind, self.place, label)


def add_key(figure: Figure, grid: Grid, axes: Axes) -> None:
    """Explain what is drawn in `axes`, in one line right above the panels."""
    height = figure.get_figheight()
    top = axes.get_position().y1 * height + grid.above + grid.key
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="upper center", bbox_to_anchor=(0.5, top / height), ncols=3, borderaxespad=0.0)


def figure_rows(frame: pd.DataFrame) -> Iterator[FigureRows]:
    """The figures to draw. Raises `BenchError` when the table has no rows."""
    blocks = blocks_of(frame)
    shared = looks(label for block in blocks for label in block.labels)
    taken: Counter[str] = Counter()
    for block in blocks:
        for seed in block.seeds:
            place = file_stem(block.id, block.network, block.protocol, "" if seed is None else f"seed{seed}")
            taken[place.lower()] += 1
            number = taken[place.lower()]
            yield FigureRows(block.only_seed(seed), seed, shared, place if number == 1 else f"{place}_{number}")


@dataclass(frozen=True)
class Grid:
    """Panels of equal size in rows of at most `columns`; all lengths in inches.

    Around each panel of `width` x `height` there is room: `left` and `right`, `above` for its title, `below` for what
    stands under its axis; `key` is room for a legend below the figure's title. Panels are widened to make a figure
    `least` wide. The places are computed, not fitted, so that nothing that is drawn can move a panel.
    """

    columns: int
    width: float
    height: float
    left: float = 0.45
    right: float = 0.25
    above: float = 0.35
    below: float = 0.3
    key: float = 0.0
    least: float = 0.0

    def draw(self, count: int, title: str, x_label: str, y_label: str) -> tuple[Figure, list[Axes]]:
        """A figure with `count` panels, its title above, and labels common to all panels below and to the left."""
        rows = math.ceil(count / self.columns)
        columns = math.ceil(count / rows)
        width = max(self.width, (self.least - _MARGIN) / columns - self.left - self.right)
        across, down = self.left + width + self.right, self.above + self.height + self.below
        figure_width = _MARGIN + columns * across
        title_lines = textwrap.wrap(title, int(figure_width * _TITLE_CHARACTERS))
        head = _EDGE + _TITLE_LINE * len(title_lines) + self.key
        figure_height = head + rows * down + (_MARGIN if x_label else _EDGE)
        figure = Figure(figsize=(figure_width, figure_height))
        panels = []
        for row, column in (divmod(place, columns) for place in range(count)):
            left, bottom = (
                _MARGIN + column * across + self.left,
                figure_height - head - row * down - self.above - self.height,
            )
            box = (left / figure_width, bottom / figure_height, width / figure_width, self.height / figure_height)
            panels.append(figure.add_axes(box))
        figure.suptitle("\n".join(title_lines), y=1 - _EDGE / figure_height, va="top")
        figure.supxlabel(x_label, y=_EDGE / figure_height, va="bottom")
        figure.supylabel(y_label, x=_EDGE / figure_width, ha="left")
        return figure, panels
