"""A paper's table in LaTeX, set with booktabs."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

from bench.paper_table import PaperTable, typesetter

from .escaping import latex
from .latex_parts import NOTE_CHARACTERS, cell, floating_table, note_lines, row
from .pages import pages
from .paper_lines import PaperLine, PaperSheet, paper_sheet

MOST_LINES = 44
"""Lines of script size that fit on a page beside caption and notes; a longer table is continued in a further one."""

PREAMBLE = "% Needs \\usepackage{booktabs} and \\usepackage{graphicx}.\n"


class _Block(NamedTuple):
    group: str
    lines: tuple[PaperLine, ...]


@typesetter("tex")
def latex_paper_table(table: PaperTable) -> str:
    """One or more `table` environments; remarks on the whole table stand below the last."""
    sheet = paper_sheet(table)
    blocks = [_Block(group.title, block) for group in sheet.groups for block in group.blocks]
    own = sum(map(_note_length, sheet.remarks))
    filled = pages(blocks, lambda block: len(block.lines) + 1, max(MOST_LINES - own // 2, 12))
    return PREAMBLE + "\n".join(_page(sheet, part, place, len(filled)) for place, part in enumerate(filled))


def _page(sheet: PaperSheet, blocks: list[_Block], place: int, count: int) -> str:
    marks = [mark for block in blocks for line in block.lines for one in line.cells for mark in one.marks]
    remarks = [latex(remark) for remark in sheet.remarks] if place == count - 1 else []
    return floating_table(
        latex(sheet.caption) + (". Continued." if place else "."),
        r"\scriptsize",
        [*map(latex, sheet.heads), *map(latex, sheet.headings)],
        list(_body(sheet, blocks)),
        [*note_lines(sheet.notes, marks), *remarks],
        left=len(sheet.heads),
        fit=True,
    )


def _body(sheet: PaperSheet, blocks: list[_Block]) -> Iterator[str]:
    width = len(sheet.heads) + len(sheet.headings)
    group = None
    for block in blocks:
        if block.group != group:
            group = block.group
            yield r"    \midrule"
            yield rf"    \multicolumn{{{width}}}{{@{{}}l}}{{\textit{{{latex(group)}}}}} \\"
        else:
            yield r"    \addlinespace[2pt]"
        for line in block.lines:
            yield f"    {row([*map(latex, sheet.head_cells(line)), *map(cell, line.cells)])}"


def _note_length(note: str) -> int:
    return math.ceil(len(note) / NOTE_CHARACTERS)
