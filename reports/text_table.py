"""The comparison table as plain text for terminals."""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bench.atomic import write_text
from bench.report import CellScores, Report, Results, report
from bench.suites.record import SuiteRecord

from .about import accuracy
from .blocks import Block
from .columns import legend_of, main_columns, mark_legend
from .cost_table import make_cost_table
from .escaping import display_width, one_line, pad, superscript
from .evidence import Replicates
from .overview import MOST_LISTED, first_that_fits, needs_overview
from .sheet import Sheet
from .suite_blocks import suite_blocks
from .table import Cell, Group, Line, Name, Table, make_table

if TYPE_CHECKING:
    import pandas as pd

WIDTH = 100

HINT = (
    "With so many methods only the overview is shown here. comparison.md in the results folder has every metric on "
    "every set, parameters, warnings and costs."
)


def text_table(
    frame: pd.DataFrame,
    suites: Mapping[str, SuiteRecord] | None = None,
    replicates: Replicates | None = None,
    scores: Callable[[str], CellScores] | None = None,
) -> str:
    """The comparison table of a run's rows, in percent, the best marked with a star, notes below; ends with a newline.

    Where there are many OOD sets it begins with an overview, and where there are many methods that is all of it.
    `frame` has the columns of `bench.running.rows`; `suites` are those of its ID sets, by name;
    `replicates` and `scores` those of `bench.report.Results`. Raises `BenchError` when it has no rows.
    """
    shown = [_BlockText(block) for block in suite_blocks(frame, suites or {}, replicates, scores)]
    legends = dict.fromkeys(legend for text in shown for legend in text.legends)
    return "\n\n".join([*(text.text for text in shown), *map(wrap, legends)]) + "\n"


@report("text-table")
class TextTable(Report):
    """The comparison table as plain text, as `bench run` prints it; of more than eight methods the overview alone."""

    text = staticmethod(text_table)

    @staticmethod
    def show(
        frame: pd.DataFrame,
        suites: Mapping[str, SuiteRecord],
        replicates: Replicates | None = None,
        scores: Callable[[str], CellScores] | None = None,
    ) -> None:
        """Print the table on a terminal, as wide as its window, with what may be the best in bold."""
        from .terminal_table import print_tables

        print_tables(frame, suites, replicates, scores)

    def write(self, results: Results, folder: Path) -> list[Path]:
        """Write `table.txt`. Raises `BenchError` without finished cells."""
        path = folder / "table.txt"
        write_text(path, self.text(results.rows, results.suites, results.replicates, results.scores))
        return [path]


class _BlockText:
    """The tables of one block under one heading, and the legends that they need."""

    def __init__(self, block: Block) -> None:
        star = mark_legend("*", tested=block.evidence is not None)
        overview = first_that_fits(block, _fits) if needs_overview(block) else None
        if overview and len(block.labels) > MOST_LISTED:
            heading, parts, self.legends = f"{block.id}: {overview.about}", [sheet_text(overview)], [star, HINT]
        else:
            table, costs = make_table(block, main_columns(block.suite)), make_cost_table(block)
            heading = f"{_name(table.id)}: {table.about}"
            sheets = [sheet_text(sheet) if sheet else "" for sheet in (overview, costs)]
            parts = [part for part in (sheets[0], _render(table), sheets[1]) if part]
            self.legends = [f"{legend_of(table.columns)} {star}", *([costs.legend] if costs else [])]
        if overview:
            self.legends.insert(0, overview.legend)
        lines = [wrap(one_line(line)) for line in (heading, accuracy(block)) if line]
        self.text = "\n\n".join(["\n".join(lines), *parts])


def _render(table: Table) -> str:
    rows = [_titles(table), *(_line(line, table) for group in table.groups for line in group.lines)]
    head, *lines = _aligned(rows)
    rule = _rule([head, *lines])
    remaining = iter(lines)
    body = [
        text for group in table.groups for text in [_heading(group), *itertools.islice(remaining, len(group.lines))]
    ]
    return "\n".join([head, rule, *body, rule, *_notes(table.notes)])


def sheet_text(sheet: Sheet) -> str:
    """A table with one line for each method, its key above and its notes below."""
    head, *lines = _aligned(_sheet_rows(sheet), _gap(sheet))
    rule = _rule([head, *lines])
    key = [wrap(one_line(sheet.key))] if sheet.key else []
    return "\n".join([*key, head, rule, *lines, rule, *_notes(sheet.notes)])


def _gap(sheet: Sheet) -> str:
    return " " if sheet.key else "  "


def _sheet_rows(sheet: Sheet) -> list[list[str]]:
    lines = [[_name(line.method), *map(_cell, line.cells)] for line in sheet.lines]
    return [["Method", *(f"{_name(title)} " for title in sheet.titles)], *lines]


def _fits(sheet: Sheet) -> bool:
    return max(map(display_width, _aligned(_sheet_rows(sheet), _gap(sheet)))) <= WIDTH


def _titles(table: Table) -> list[str]:
    seeds = ["Seeds"] if table.seeds_differ else []
    return ["OOD set, method", *seeds, *(f"{column.heading} " for column in table.columns)]


def _heading(group: Group) -> str:
    return " ".join(part for part in (one_line(group.before), _name(group.ood), one_line(group.after)) if part)


def _line(line: Line, table: Table) -> list[str]:
    seeds = [line.seeds] if table.seeds_differ else []
    return [f"  {_name(line.method)}", *seeds, *map(_cell, line.cells)]


def _cell(cell: Cell) -> str:
    marks = "".join(f" {superscript(mark)}" for mark in cell.marks)
    return cell.text + marks + ("*" if cell.best else " ")


def _name(name: Name) -> str:
    return " ".join([one_line(name.text), *map(superscript, name.marks)])


def _aligned(rows: Sequence[Sequence[str]], gap: str = "  ") -> list[str]:
    """The rows as lines, the first column to the left, the others to the right."""
    widths = [max(map(display_width, column)) for column in zip(*rows, strict=True)]
    return [
        gap.join(
            pad(text, width, right=place > 0) for place, (text, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _rule(lines: Sequence[str]) -> str:
    return "─" * max(map(display_width, lines))


def _notes(notes: Sequence[str]) -> list[str]:
    return [wrap(f"{superscript(number)} {one_line(note)}", "  ") for number, note in enumerate(notes, start=1)]


def wrap(text: str, indent: str = "") -> str:
    """The text in lines as wide as a table may be."""
    return textwrap.fill(text, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
