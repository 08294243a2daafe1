"""The comparison table on a terminal: as wide as its window, bold for what may be the best."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console, RenderableType
from rich.measure import Measurement
from rich.table import Table as RichTable
from rich.text import Text

from bench.report import CellScores
from bench.suites.record import SuiteRecord

from .about import accuracy
from .blocks import Block
from .columns import AUROC, legend_of, main_columns, mark_legend
from .cost_table import make_cost_table
from .escaping import one_line, superscript
from .evidence import Replicates
from .overview import MOST_LISTED, first_that_fits, needs_overview
from .sheet import Sheet
from .suite_blocks import suite_blocks
from .table import Cell, Name, Table, make_table

if TYPE_CHECKING:
    import pandas as pd

Rows = list[tuple[Text, ...]]

HINT = (
    "Only the overview is shown of so many methods; comparison.md in the results folder has every metric on every set."
)


def print_tables(
    frame: pd.DataFrame,
    suites: Mapping[str, SuiteRecord],
    replicates: Replicates | None = None,
    scores: Callable[[str], CellScores] | None = None,
    console: Console | None = None,
) -> None:
    """Print the comparison tables of a run's rows as `text_table` has them, with notes; names are never markup.

    Columns that do not fit the width are left out from the right, which is said. Raises `BenchError` without rows.
    """
    terminal = console or Console(highlight=False)
    for block in suite_blocks(frame, suites, replicates, scores):
        for part in _parts(block, terminal):
            terminal.print(part)


def _parts(block: Block, console: Console) -> Iterator[RenderableType]:
    bold = mark_legend("Bold", tested=block.evidence is not None)
    overview = first_that_fits(block, partial(_sheet_fits, console)) if needs_overview(block) else None
    yield Text("")
    table = make_table(block, main_columns(block.suite))
    about = overview.about if overview and len(block.labels) > MOST_LISTED else table.about
    yield Text(one_line(f"{block.id}: {about}"), style="bold")
    if accuracy(block):
        yield Text(one_line(accuracy(block)))
    if overview:
        yield from _sheet(overview, console)
        yield from _small([overview.legend])
    if overview and len(block.labels) > MOST_LISTED:
        yield from _small([bold, HINT])
        return
    yield from _main(table, console)
    yield from _small([legend_of(table.columns), bold])
    costs = make_cost_table(block)
    if costs:
        yield from _sheet(costs, console)
        yield from _small([costs.legend])


def _main(table: Table, console: Console) -> Iterator[RenderableType]:
    titles = ["OOD set, method", *(["Seeds"] if table.seeds_differ else [])]
    rows: Rows = []
    for group in table.groups:
        place = " ".join(part for part in (one_line(group.before), _name(group.ood), one_line(group.after)) if part)
        rows.append((Text(place, style="dim"),))
        for line in group.lines:
            seeds = [Text(line.seeds)] if table.seeds_differ else []
            rows.append((Text(f"  {_name(line.method)}"), *seeds, *map(_cell, line.cells)))
    yield from _fitted([*titles, *(column.heading for column in table.columns)], rows, console)
    yield from _small(_notes(table.notes))


def _sheet(sheet: Sheet, console: Console) -> Iterator[RenderableType]:
    yield from _small([sheet.key] if sheet.key else [])
    yield from _fitted(*_sheet_parts(sheet), console)
    yield from _small(_notes(sheet.notes))


def _sheet_parts(sheet: Sheet) -> tuple[list[str], Rows]:
    rows = [(Text(_name(line.method)), *map(_cell, line.cells)) for line in sheet.lines]
    return ["Method", *map(_name, sheet.titles)], rows


def _sheet_fits(console: Console, sheet: Sheet) -> bool:
    return _width(_table(*_sheet_parts(sheet)), console) <= console.width


def _fitted(titles: Sequence[str], rows: Rows, console: Console) -> Iterator[RenderableType]:
    """The table with as many columns as fit, two at least, the AUROC among them; and what was left out."""
    places = list(range(len(titles)))
    while len(places) > 2 and _width(_chosen(titles, rows, places), console) > console.width:
        last = max(place for place in places if titles[place] != AUROC.heading)
        places.remove(last)
    yield _chosen(titles, rows, places)
    left_out = ", ".join(title for place, title in enumerate(titles) if place not in places)
    yield from _small([f"Not shown in a window so narrow: {left_out}."] if left_out else [])


def _chosen(titles: Sequence[str], rows: Rows, places: Sequence[int]) -> RichTable:
    """The table of some columns; the lines that name an OOD set have the first alone."""
    kept = [tuple(row[place] for place in places if place < len(row)) for row in rows]
    return _table([titles[place] for place in places], kept)


def _table(titles: Sequence[str], rows: Rows) -> RichTable:
    table = RichTable(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), show_edge=False)
    for place, title in enumerate(titles):
        table.add_column(Text(title), justify="right" if place else "left", no_wrap=place > 0, overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table


def _width(table: RichTable, console: Console) -> int:
    return Measurement.get(console, console.options.update(max_width=10_000), table).maximum


def _cell(cell: Cell) -> Text:
    marks = "".join(f" {superscript(mark)}" for mark in cell.marks)
    return Text(cell.text + marks, style="bold" if cell.best else "")


def _name(name: Name) -> str:
    return " ".join([one_line(name.text), *map(superscript, name.marks)])


def _notes(notes: Sequence[str]) -> list[str]:
    return [f"{superscript(number)} {one_line(note)}" for number, note in enumerate(notes, start=1)]


def _small(texts: Sequence[str]) -> Iterator[Text]:
    for text in texts:
        yield Text(one_line(text), style="dim")
