"""The tables with one line for each method in LaTeX, set with booktabs."""

from __future__ import annotations

from collections.abc import Sequence

from .columns import mark_legend
from .escaping import latex
from .latex_parts import cell, floating_table, name, note_lines, row
from .pages import pages
from .sheet import Sheet, SheetLine

MOST_LINES = 50
"""Lines of script size that fit on a page beside caption and legend."""

MOST_CHARACTERS = 95
"""Characters of script size that fit beside each other, with two for the space between columns."""


def latex_sheet(sheet: Sheet, remark: str, first: str = "Method") -> str:
    """One or more `table` environments with `remark` in the caption; `first` is the title of the first column."""
    filled = pages(sheet.lines, lambda _: 1, MOST_LINES)
    remarks = [remark, *(["Continued."] * (len(filled) - 1))]
    return "\n".join(_page(sheet, lines, remark, first) for lines, remark in zip(filled, remarks, strict=True))


def fits_page(sheet: Sheet) -> bool:
    """Whether the columns fit beside each other."""
    rows = [[sheet_title.text for sheet_title in sheet.titles]]
    rows += [[one.text for one in line.cells] for line in sheet.lines]
    widths = [max(map(len, column)) + 2 for column in zip(*rows, strict=True)]
    return max(len(line.method.text) for line in sheet.lines) + sum(widths) <= MOST_CHARACTERS


def _page(sheet: Sheet, lines: Sequence[SheetLine], remark: str, first: str) -> str:
    marks = [mark for title in sheet.titles for mark in title.marks]
    legend = mark_legend("Bold", tested=sheet.tested)
    bold = [legend] if any(one.best for line in sheet.lines for one in line.cells) else []
    texts = [sheet.key and f"{sheet.key}.", " ".join([sheet.legend, *bold])]
    return floating_table(
        f"{latex(sheet.id)}: {latex(sheet.about)}. {remark}",
        r"\scriptsize",
        [first, *map(name, sheet.titles)],
        [r"    \midrule", *(f"    {row([name(line.method), *map(cell, line.cells)])}" for line in lines)],
        [*note_lines(sheet.notes, marks), *(latex(text) for text in texts if text)],
    )
