"""How every figure looks.

A method's colour follows from its name alone, by a hash, so that it is the same in every figure of a run and, as a
rule, in other runs too; no method is known here by name. Only where two methods of a run fall on one colour does the
one later in the alphabet move on to the next free colour. With more methods than colours the line patterns change.
Where figures show a few of many methods, those few choose first, so that their colours can be told apart.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import findfont, get_font
from numpy.typing import NDArray

from bench.atomic import write_atomically
from bench.report import FORMATS

from .escaping import one_line

Floats = NDArray[np.float64]

PALETTE = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#661100")
"""Okabe & Ito's colours for all kinds of colour vision; for their yellow and black, too pale and too grey, a brown."""

DASHES: tuple[tuple[float, ...], ...] = ((), (4, 1.5), (1, 1.2), (6, 1.5, 1, 1.5), (2.5, 1), (8, 2, 1, 1, 1, 2))
"""Line patterns as lengths of strokes and gaps in line widths; the first is solid."""

NEUTRAL_COLOR = "#222222"
"""For what belongs to no method; drawn with a paler filling, so that form tells it apart too."""

GUIDE_COLOR = "#B8B8B8"

LINE_COLOR = "#8A8A8A"
"""For lines that say something of several methods, or lead to a label."""

OTHERS_COLOR = "#CCCCCC"
"""For methods that are drawn but not told apart."""

DPI = 200
"""Of PNGs: sharp at twice the size of a column in print."""

_DATELESS = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}
LONGEST_NAME = 34

_STYLE = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 8.0,
    "axes.titlesize": 8.5,
    "axes.labelsize": 8.0,
    "figure.titlesize": 9.5,
    "figure.labelsize": 8.5,
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "legend.fontsize": 7.5,
    "legend.title_fontsize": 7.5,
    "legend.frameon": False,
    "legend.handlelength": 2.4,
    "lines.linewidth": 1.4,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.7,
    "text.parse_math": False,
    "svg.fonttype": "path",
    "pdf.fonttype": 42,
    "svg.hashsalt": "oodbench",
}


@dataclass(frozen=True)
class Look:
    """How a method is drawn: its colour, and the line pattern (empty: solid)."""

    color: str
    dashes: tuple[float, ...]

    @property
    def linestyle(self) -> str | tuple[float, tuple[float, ...]]:
        """The pattern in matplotlib's form."""
        return (0.0, self.dashes) if self.dashes else "-"


def looks(names: Iterable[str], first: Iterable[str] = ()) -> dict[str, Look]:
    """A look for each name; those in `first` choose first. Up to seven names have seven colours, 42 have 42 looks."""
    foremost = set(first)
    taken: dict[str, tuple[int, int]] = {}
    for name in sorted(foremost) + sorted(set(names) - foremost):
        start = zlib.crc32(name.encode()) % len(PALETTE)
        round_ = len(taken) // len(PALETTE)
        used = {color for color, other in taken.values() if other == round_}
        turned = [(start + step) % len(PALETTE) for step in range(len(PALETTE))]
        taken[name] = next(color for color in turned if color not in used), round_
    return {name: Look(PALETTE[color], DASHES[round_ % len(DASHES)]) for name, (color, round_) in taken.items()}


def figure_name(name: str) -> str:
    """A name as figures show it: in one line, shortened in the middle, without characters that the font lacks."""
    known = _glyphs()
    text = "".join(c if ord(c) in known else f"[U+{ord(c):04X}]" for c in one_line(name))
    return text if len(text) <= LONGEST_NAME else f"{text[: LONGEST_NAME - 14]}…{text[-13:]}"


@cache
def _glyphs() -> frozenset[int]:
    return frozenset(get_font(findfont("DejaVu Sans")).get_charmap())


@contextmanager
def figure_style() -> Iterator[None]:
    """Matplotlib's own defaults with the settings above, whatever the user's are; undone at the end."""
    with style.context(["default", _STYLE]):
        yield


def save_figure(figure: Figure, folder: Path, stem: str, formats: Sequence[str] = FORMATS) -> list[Path]:
    """Write `stem.png`, `stem.svg`, …, atomically and without dates, so that equal figures are equal files."""
    paths = [folder / f"{stem}.{ending}" for ending in formats]
    for path in paths:
        metadata = _DATELESS.get(path.suffix)
        ending = path.suffix.removeprefix(".")
        write_atomically(path, lambda temporary: figure.savefig(temporary, format=ending, dpi=DPI, metadata=metadata))  # noqa: B023
    return paths


def draw_histogram(axes: Axes, shares: Floats, edges: Floats, *, color: str, label: str) -> None:
    """Draw the share of each bin, in percent, as a filled outline."""
    axes.stairs(100 * shares, edges, fill=True, color=color, alpha=0.1 if color == NEUTRAL_COLOR else 0.4)
    axes.stairs(100 * shares, edges, color=color, linewidth=1.1, label=label)
