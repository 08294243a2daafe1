"""From results to a cell of the paper's table: the mean over seeds, and all that makes it another than the paper's."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.data.dataset import DATASETS
from bench.paper_table import Figure, PaperCell, State
from bench.running.failures import Failure
from bench.store import Store

from .jobs import Slot
from .paper import PaperColumn
from .reading import ID_METRICS, read
from .request import Request

Row = Mapping[str, Any]


@dataclass
class Measured:
    """What came of a job: its rows, or `reason` why there are none.

    `absent` are the OOD sets that were not at hand; `sizes` the numbers of images of the others and of the ID set.
    """

    rows: Sequence[Row] = ()
    failures: Sequence[Failure] = ()
    reason: str = ""
    absent: Mapping[str, str] = field(default_factory=dict)
    sizes: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class CellMaker:
    """Makes the cells of one slot, a method in a row, from what its job measured; None where it was not run."""

    request: Request
    slot: Slot
    measured: Measured | None
    store: Store

    def cell(self, column: PaperColumn) -> PaperCell:
        """The cell in `column`."""
        paper = self.request.paper
        published = paper.published.figure(paper.place(self.slot.row, column, self.slot.method))
        if self.slot.job is None or self.measured is None or self.measured.reason:
            reason = self.slot.reason or (self.measured.reason if self.measured else "")
            return PaperCell(published, None, (), "not run", reason)
        sets = self._sets(column)
        values = self._values(column, sets)
        if not values:
            state, reason = self._why_none(column)
            return PaperCell(published, None, (), state, reason)
        seeds = tuple(values)
        defined = [value for value in values.values() if value is not None]
        if len(defined) < len(values):
            return PaperCell(published, None, seeds, "undefined", f"{column.title} is undefined for these scores")
        figure = Figure(statistics.fmean(defined), statistics.stdev(defined) if len(defined) > 1 else None)
        return PaperCell(published, figure, seeds, "measured", "", tuple(dict.fromkeys(self._notes(column, sets))))

    def _wanted(self, column: PaperColumn) -> tuple[str, ...]:
        return column.ood or (self.slot.row.ood,)

    def _sets(self, column: PaperColumn) -> list[str]:
        """The column's OOD sets that were measured; for a metric of ID images one is enough."""
        assert self.measured is not None
        there = {row["ood"] for row in self.measured.rows if row["method"] == self.slot.method.method}
        found = [name for name in self._wanted(column) if name in there]
        return found[:1] if column.metric in ID_METRICS else found

    def _values(self, column: PaperColumn, sets: Sequence[str]) -> dict[int, float | None]:
        """For each seed whose results are all there, the mean over the sets."""
        values: dict[int, float | None] = {}
        by_seed: dict[int, list[Row]] = {}
        for row in self._rows(sets):
            by_seed.setdefault(row["seed"], []).append(row)
        for seed, rows in sorted(by_seed.items()):
            if len(rows) == len(sets):
                figures = [self._read(column, row) for row in rows]
                defined = [figure for figure in figures if figure is not None]
                values[seed] = statistics.fmean(defined) if len(defined) == len(figures) else None
        return values

    def _rows(self, sets: Sequence[str]) -> list[Row]:
        assert self.measured is not None
        return [row for row in self.measured.rows if row["method"] == self.slot.method.method and row["ood"] in sets]

    def _read(self, column: PaperColumn, row: Row) -> float | None:
        only_correct = self.request.paper.id_positives == "correct"
        return read(column.metric, row, lambda: self.store.scores(row["key"]), only_correct=only_correct)

    def _why_none(self, column: PaperColumn) -> tuple[State, str]:
        """Why a job that ran has nothing for the cell: its sets were not at hand, or the cell failed."""
        assert self.measured is not None
        titles = [self.request.paper.title_of(name) for name in self._wanted(column) if name in self.measured.absent]
        if titles:
            return "not run", f"{', '.join(titles)} {'is' if len(titles) == 1 else 'are'} not at hand"
        failed = [
            one.message for one in self.measured.failures if one.cell.startswith(f"{self.slot.method.method} on ")
        ]
        return "failed", failed[0] if failed else "its results are missing"

    def _notes(self, column: PaperColumn, sets: Sequence[str]) -> Iterator[str]:
        """In what the measured figure differs from the paper's, one sentence each."""
        request, paper, row = self.request, self.request.paper, self.slot.row
        if row.network not in paper.names:
            instead = f" in place of the paper's {paper.title_of(row.replaces)}" if row.replaces else ""
            yield f"network {row.network}{instead}"
        if request.training_recipe != paper.recipe:
            yield f"trained with the recipe {request.training_recipe}, not {paper.recipe}"
        yield from (paper.options[name].about for name in request.options)
        if request.settings:
            yield f"with the settings {', '.join(f'{key}={value}' for key, value in request.settings.items())}"
        yield from self._notes_on_set(row.id, "id_note", self._rows(sets))
        if column.metric in ID_METRICS:
            return
        for name in sets:
            yield from self._notes_on_set(name, "ood_note", self._rows([name]))
        left_out = [paper.title_of(name) for name in self._wanted(column) if name not in sets]
        if left_out:
            yield f"{column.title}: mean without {', '.join(left_out)}"
        for result in self._rows(sets):
            yield from (f"{paper.title_of(result['ood'])}: {warning}" for warning in result["warnings"])

    def _notes_on_set(self, name: str, key: str, rows: Sequence[Row]) -> Iterator[str]:
        assert self.measured is not None
        title = self.request.paper.title_of(name)
        if name in self.request.paper.deviations:
            yield self.request.paper.deviations[name]
        yield from dict.fromkeys(f"{title}: {row[key]}" for row in rows if row[key])
        size = self.measured.sizes[name]
        usual = DATASETS.get(name).counts.get("test", size) if name in DATASETS else size
        if size != usual:
            yield f"{title}: {size:,} of its {usual:,} test images"
