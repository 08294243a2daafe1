"""A paper's table in Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from bench.paper_table import PaperTable, typesetter

from .escaping import markdown, superscript
from .paper_lines import PaperSheet, paper_sheet
from .table import Cell


@typesetter("md")
def markdown_paper_table(table: PaperTable) -> str:
    """The table with its title above, and its notes below."""
    sheet = paper_sheet(table)
    head = ["Network, ID set", *sheet.heads, *map(markdown, sheet.headings)]
    rule = [":--"] * (1 + len(sheet.heads)) + ["--:"] * len(sheet.headings)
    parts = [
        f"# {markdown(sheet.caption)}",
        "\n".join([_row(head), _row(rule), *_lines(sheet)]),
        "  \n".join(f"{superscript(number)} {markdown(note)}" for number, note in enumerate(sheet.notes, start=1)),
        "\n".join(f"- {markdown(remark)}" for remark in sheet.remarks),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _lines(sheet: PaperSheet) -> list[str]:
    rows = []
    for group in sheet.groups:
        for place, line in enumerate(line for block in group.blocks for line in block):
            title = "" if place else markdown(group.title)
            rows.append(_row([title, *map(markdown, sheet.head_cells(line)), *map(_cell, line.cells)]))
    return rows


def _cell(cell: Cell) -> str:
    return markdown(cell.mean) + (f" {','.join(map(superscript, cell.marks))}" if cell.marks else "")


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
