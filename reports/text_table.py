"""The comparison table as plain text for terminals."""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bench.atomic import write_text
from bench.report import Report, Results, report

from .blocks import blocks_of
from .columns import LEGEND, MAIN_COLUMNS, STAR
from .escaping import display_width, one_line, pad, superscript
from .summary import images
from .table import Cell, Group, Line, Name, Table, make_table

if TYPE_CHECKING:
    import pandas as pd

WIDTH = 100


def text_table(frame: pd.DataFrame) -> str:
    """The comparison table of a run's rows, in percent, the best marked with a star, notes below; ends with a newline.

    `frame` has the columns of `bench.running.rows`. Raises `BenchError` when it has no rows.
    """
    tables = [_render(make_table(block, MAIN_COLUMNS)) for block in blocks_of(frame)]
    return "\n\n".join([*tables, _wrap(f"{LEGEND} {STAR}")]) + "\n"


@report("text-table")
class TextTable(Report):
    """The comparison table as plain text, as `bench run` prints it."""

    text = staticmethod(text_table)

    def write(self, results: Results, folder: Path) -> list[Path]:
        """Write `table.txt`. Raises `BenchError` without finished cells."""
        path = folder / "table.txt"
        write_text(path, self.text(results.rows))
        return [path]


def _render(table: Table) -> str:
    rows = [_titles(table), *(_line(line, table) for group in table.groups for line in group.lines)]
    widths = [max(map(display_width, column)) for column in zip(*rows, strict=True)]
    head, *lines = [_join(row, widths) for row in rows]
    rule = "─" * max(map(display_width, [head, *lines]))
    remaining = iter(lines)
    body = [
        text for group in table.groups for text in [_heading(group), *itertools.islice(remaining, len(group.lines))]
    ]
    notes = [_wrap(f"{superscript(number)} {one_line(note)}", "  ") for number, note in enumerate(table.notes, start=1)]
    about = [_wrap(f"{_name(table.id)}: {one_line(table.about)}"), _wrap(one_line(table.accuracy)), ""]
    return "\n".join([*about, head, rule, *body, rule, *notes])


def _titles(table: Table) -> list[str]:
    seeds = ["Seeds"] if table.seeds_differ else []
    return ["OOD set, method", *seeds, *(f"{column.heading} " for column in table.columns)]


def _heading(group: Group) -> str:
    return f"{_name(group.ood)} ({images(group.n_ood)})"


def _line(line: Line, table: Table) -> list[str]:
    seeds = [str(line.n_seeds)] if table.seeds_differ else []
    return [f"  {_name(line.method)}", *seeds, *map(_cell, line.cells)]


def _cell(cell: Cell) -> str:
    marks = "".join(f" {superscript(mark)}" for mark in cell.marks)
    return cell.text + marks + ("*" if cell.best else " ")


def _name(name: Name) -> str:
    return " ".join([one_line(name.text), *map(superscript, name.marks)])


def _join(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = [pad(text, width, right=place > 0) for place, (text, width) in enumerate(zip(row, widths, strict=True))]
    return "  ".join(cells).rstrip()


def _wrap(text: str, indent: str = "") -> str:
    return textwrap.fill(text, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
