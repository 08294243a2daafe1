"""A paper's table as an HTML page of its own, which needs no network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from bench.paper_table import PaperTable, typesetter

from .paper_lines import PaperGroup, PaperLine, PaperSheet, paper_sheet
from .table import Cell

_STYLE = """
body { font: 14px/1.45 system-ui, sans-serif; color: #1b1b1b; background: #fff; margin: 2em auto; max-width: 75em;
  padding: 0 1em; }
h1 { font-size: 1.25em; }
div { overflow-x: auto; }
table { border-collapse: collapse; border-top: 2px solid #444; border-bottom: 2px solid #444; }
th, td { padding: .15em .8em .15em 0; text-align: left; white-space: nowrap; }
th.figure, td.figure { text-align: right; font-variant-numeric: tabular-nums; padding: .15em 2.8em .15em 0; }
thead th { border-bottom: 1px solid #444; }
tr.group th { padding-top: .7em; border-top: 1px solid #bbb; font-style: italic; font-weight: normal; }
tr.first td { padding-top: .5em; }
tr.published td.figure, tr.difference td.figure { color: #555; }
tr td.missing { color: #8a5a00; }
td sup { font-size: .75em; position: absolute; margin-left: .15em; }
ol, ul { font-size: .92em; color: #444; padding-left: 1.6em; }
""".strip()


@typesetter("html")
def html_paper_table(table: PaperTable) -> str:
    """A page with the table, its notes and remarks."""
    sheet = paper_sheet(table)
    head = "".join([*(f"<th>{escape(one)}</th>" for one in sheet.heads), *map(_heading, sheet.headings)])
    body = "\n".join(line for group in sheet.groups for line in _group(sheet, group))
    parts = [
        "<!doctype html>",
        f'<html lang="en"><head><meta charset="utf-8"><title>{escape(sheet.caption)}</title>',
        f"<style>\n{_STYLE}\n</style></head><body>",
        f"<h1>{escape(sheet.caption)}</h1>",
        f"<div><table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody></table></div>",
        _list("ol", sheet.notes),
        _list("ul", sheet.remarks),
        "</body></html>",
    ]
    return "\n".join(part for part in parts if part) + "\n"


def _group(sheet: PaperSheet, group: PaperGroup) -> Iterator[str]:
    width = len(sheet.heads) + len(sheet.headings)
    yield f'<tr class="group"><th colspan="{width}" scope="rowgroup">{escape(group.title)}</th></tr>'
    for block in group.blocks:
        for place, line in enumerate(block):
            yield _line(sheet, line, first=place == 0)


def _line(sheet: PaperSheet, line: PaperLine, *, first: bool) -> str:
    kind = {"±": "spread"}.get(line.figures[0], line.figures.replace(",", " ").split()[0])
    heads = "".join(f"<td>{escape(text)}</td>" for text in sheet.head_cells(line))
    return f'<tr class="{kind}{" first" if first else ""}">{heads}{"".join(map(_cell, line.cells))}</tr>'


def _cell(cell: Cell) -> str:
    missing = "" if any(character.isdigit() for character in cell.mean) else " missing"
    marks = f"<sup>{','.join(map(str, cell.marks))}</sup>" if cell.marks else ""
    return f'<td class="figure{missing}">{escape(cell.mean)}{marks}</td>'


def _heading(text: str) -> str:
    return f'<th class="figure">{escape(text)}</th>'


def _list(kind: str, texts: Sequence[str]) -> str:
    items = "\n".join(f"<li>{escape(text)}</li>" for text in texts)
    return f"<{kind}>\n{items}\n</{kind}>" if texts else ""
