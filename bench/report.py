"""What a report is: it turns the rows and scores of a run into files for people."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from bench.registry import registers, registry
from bench.suites.record import SuiteRecord

if TYPE_CHECKING:
    import pandas as pd

report = registers("report")
"""Class decorator that registers a report under a literal name: `@report("roc-curves")`."""

REPORTS = registry("report")


@dataclass(frozen=True)
class CellScores:
    """The scores behind one row, larger = more in-distribution.

    `id_scores` `(n_id,)` and `ood_scores` `(n_ood,)` are float64; `id_correct` `(n_id,)` says which ID images the
    network classified rightly, or is None where the ID set has no labels.
    """

    id_scores: NDArray[np.float64]
    ood_scores: NDArray[np.float64]
    id_correct: NDArray[np.bool_] | None


@dataclass(frozen=True)
class Results:
    """A run's rows, one for each finished cell, and the scores behind them.

    `rows` has the columns of `bench.running.rows.COLUMNS`; `scores` takes a row's `key`. `suites` are those that the
    rows' ID sets were run with, by the name of the ID set. `replicates` takes a row's `key` too, and gives the
    metrics of 1,000 resamples of its images `(1000, 7)`, in the order of `bench.statistics.METRICS`: the same resamples
    for all rows on the same images, so that they can be compared; None for a row, or for all, where they are not known.
    `probability` takes a row's `key` and gives the ID scores as probabilities of a right prediction `(n_id,)`, None
    where they are none, or for all where that is not known.
    """

    rows: pd.DataFrame
    scores: Callable[[str], CellScores]
    suites: Mapping[str, SuiteRecord] = field(default_factory=dict)
    replicates: Callable[[str], NDArray[np.float64] | None] | None = None
    probability: Callable[[str], NDArray[np.float64] | None] | None = None


class Report(ABC):
    """One kind of file made from a run's results.

    With `on_demand` it is written only when asked for, not after each run.
    """

    name: ClassVar[str]
    on_demand: ClassVar[bool] = False

    @abstractmethod
    def write(self, results: Results, folder: Path) -> list[Path]:
        """Write the report's files into `folder` (which exists) and return their paths."""


def usual_reports() -> list[str]:
    """The names of the reports that are written after each run."""
    return [name for name in REPORTS.names() if not REPORTS.get(name).on_demand]


FORMATS = ("png", "svg")
"""What figures are written as unless asked otherwise."""

ALL_FORMATS = ("png", "svg", "pdf")


class FigureReport(Report):
    """A report that draws.

    `kind` is what `bench plot` calls it, `nothing` says when there is nothing to draw; without `needs_scores` it draws
    rows whose scores are gone, too.

    Args:
        formats: endings of the files that each figure is written as, of `ALL_FORMATS`.
    """

    kind: ClassVar[str]
    nothing: ClassVar[str] = "there are no finished cells."
    needs_scores: ClassVar[bool] = True

    def __init__(self, *, formats: Sequence[str] = FORMATS) -> None:
        self.formats = tuple(formats)
