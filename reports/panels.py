"""What the figures share: which cells and methods one figure shows, its title, and a grid of panels."""

from __future__ import annotations

import math
import textwrap
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .about import unusual_precision
from .blocks import Block, blocks_of
from .escaping import file_stem
from .ranking import MOST_SHOWN, Choice, choice_of
from .result_row import NO_NETWORK
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
    """The cells of a block or of a part of it; `seed` is the one that they have, None where there is none or several.

    `choice` is made from the whole block, `looks` are those of the whole run, `place` names files.
    """

    block: Block
    seed: int | None
    choice: Choice
    looks: dict[str, Look]
    place: str

    @property
    def title(self) -> str:
        """What was measured on what."""
        block = self.block
        network = figure_name(block.network) if block.network != NO_NETWORK else "no network"
        words = [f"{figure_name(block.id)} ({images(block.n_id)})", network]
        words.append(f"protocol {figure_name(block.protocol)}")
        words += [figure_name(precision)] if (precision := unusual_precision(block)) else []
        return " · ".join(words + ([] if self.seed is None else [f"seed {self.seed}"]))

    @property
    def labels(self) -> list[str]:
        """The methods that the figures show."""
        return [label for label in self.block.labels if label in self.choice.labels]

    @property
    def choice_words(self) -> str:
        """Which methods the figures show; empty where they show all."""
        if not self.choice.others:
            return ""
        count = len(self.choice.labels) + len(self.choice.others)
        words = f"the best {MOST_SHOWN} of {count} methods by mean AUROC"
        return f"{words}, and {figure_name(self.choice.reference)}" if self.choice.reference else words

    def stem(self, kind: str, label: str = "") -> str:
        """The file name of the figure, or of the one of the method `label`, without its ending."""
        return file_stem(kind, self.place, label)


def add_key(figure: Figure, grid: Grid, axes: Axes) -> None:
    """Explain what is drawn in `axes`, in one line right above the panels."""
    height = figure.get_figheight()
    top = axes.get_position().y1 * height + grid.above + grid.key
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="upper center", bbox_to_anchor=(0.5, top / height), ncols=3, borderaxespad=0.0)


def figure_rows(frame: pd.DataFrame, parts: Callable[[Block], Iterable[Block]]) -> Iterator[FigureRows]:
    """The figures to draw: for each block of the table one for each part of it. Raises `BenchError` without rows."""
    return figures_of_blocks(blocks_of(frame), parts)


def figures_of_blocks(blocks: Iterable[Block], parts: Callable[[Block], Iterable[Block]]) -> Iterator[FigureRows]:
    """The figures to draw of the given blocks of a run."""
    chosen = [(block, choice_of(block)) for block in blocks]
    shared = looks(
        (label for block, _ in chosen for label in block.labels),
        first=(label for _, choice in chosen for label in choice.labels if choice.others),
    )
    taken: Counter[str] = Counter()
    for whole, choice in chosen:
        for block in parts(whole):
            seed = block.seeds[0] if len(block.seeds) == 1 else None
            seed_word = "" if seed is None else f"seed{seed}"
            place = file_stem(block.id, block.network, block.protocol, unusual_precision(block), seed_word)
            taken[place.lower()] += 1
            number = taken[place.lower()]
            yield FigureRows(block, seed, choice, shared, place if number == 1 else f"{place}_{number}")


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
