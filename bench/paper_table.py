"""What a paper's table is once it is measured: published and measured figures side by side, before it is typeset."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from bench.registry import registers, registry

typesetter = registers("typesetter")
"""Decorator that registers a function that typesets tables under the ending of its files: `@typesetter("md")`."""

TYPESETTERS = registry("typesetter")

State = Literal["measured", "not run", "failed", "undefined"]


@dataclass(frozen=True)
class Figure:
    """A mean and its standard deviation, None where there is none; fractions in [0, 1].

    `text` is the mean in percent as the paper prints it; empty for what was measured.
    """

    mean: float
    sd: float | None = None
    text: str = ""


@dataclass(frozen=True)
class PaperCell:
    """One method's figure in one row and column; `measured` is the mean over `seeds`.

    `published` is None where the paper's figure could not be had, `measured` in every state but `measured`, of which
    `reason` tells more. `notes` are sentences on how the measured figure came about otherwise than the paper's.
    """

    published: Figure | None
    measured: Figure | None
    seeds: tuple[int, ...]
    state: State
    reason: str = ""
    notes: tuple[str, ...] = ()

    @property
    def difference(self) -> float | None:
        """Measured minus published, a fraction; None where one of them is missing."""
        return None if self.published is None or self.measured is None else self.measured.mean - self.published.mean


@dataclass(frozen=True)
class TableColumn:
    """A metric, its title, whether more of it is better, and with how many decimals its percentages are printed."""

    metric: str
    title: str
    higher_is_better: bool
    decimals: int

    @property
    def heading(self) -> str:
        """The title with an arrow in the better direction."""
        return f"{self.title} {'↑' if self.higher_is_better else '↓'}"


@dataclass(frozen=True)
class TableRow:
    """A row of the paper's table; `cells` has for each column one cell for each of `methods`.

    `network`, `id`, `ood` and `methods` are as the paper calls them; `ood` is empty where the columns tell it.
    `published_of` is the network whose published figures stand in the row, where that is not the one that was run.
    """

    key: str
    network: str
    id: str
    ood: str
    methods: tuple[str, ...]
    cells: tuple[tuple[PaperCell, ...], ...]
    published_of: str = ""


@dataclass(frozen=True)
class PaperTable:
    """A paper's table, measured as far as it could be. `joined`: a row's methods stand in one cell, split by slashes.

    `about` says how all of it was measured, `notes` what holds of the whole table; `paper_seeds` is the paper's number
    of runs, None where it is not known.
    """

    name: str
    title: str
    citation: str
    about: str
    joined: bool
    columns: tuple[TableColumn, ...]
    rows: tuple[TableRow, ...]
    notes: tuple[str, ...]
    paper_seeds: int | None


Typesetter = Callable[[PaperTable], str]
