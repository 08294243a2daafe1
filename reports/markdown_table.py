"""Tables in Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from .escaping import markdown, superscript
from .sheet import Sheet
from .table import Cell, Group, Line, Name, Table


def markdown_table(table: Table) -> str:
    """The table with its heading above and its notes below."""
    id_name = _name(table.id)
    heading = f"### {id_name}: {markdown(table.about)}"
    lines = [_row(line) for group in table.groups for line in _group_rows(group, table)]
    left = [*([":--"] if table.has_suite else []), ":--", "--:", ":--"]
    head = [_row(_titles(table)), _row(left + ["--:"] * (len(_titles(table)) - len(left)))]
    accuracy = f"{markdown(table.accuracy)}." if table.accuracy else ""
    parts = [heading, accuracy, "\n".join(head + lines), _notes(table.notes)]
    return "\n\n".join(part for part in parts if part) + "\n"


def markdown_sheet(sheet: Sheet, first: str = "Method") -> str:
    """The table with its heading above and its notes below; `first` is the title of the first column."""
    rows = [
        _row([first, *map(_name, sheet.titles)]),
        _row([":--"] + ["--:"] * len(sheet.titles)),
        *(_row([_name(line.method), *map(_cell, line.cells)]) for line in sheet.lines),
    ]
    heading = f"### {markdown(sheet.id)}: {markdown(sheet.about)}"
    return "\n\n".join(part for part in (heading, "\n".join(rows), _notes(sheet.notes)) if part) + "\n"


def _notes(notes: Sequence[str]) -> str:
    return "  \n".join(f"{superscript(number)} {markdown(note)}" for number, note in enumerate(notes, start=1))


def _titles(table: Table) -> list[str]:
    seeds = ["Seeds"] if table.seeds_differ else []
    group = ["Group"] if table.has_suite else []
    return [*group, "OOD set", "Images", "Method", *seeds, *(markdown(column.heading) for column in table.columns)]


def _group_rows(group: Group, table: Table) -> list[list[str]]:
    if group.not_run:
        here = [*_place(group, table), markdown(f"not run: {group.not_run}")]
        return [here + [""] * (len(_titles(table)) - len(here))]
    return [_line_cells(group, line, table, first=place == 0) for place, line in enumerate(group.lines)]


def _line_cells(group: Group, line: Line, table: Table, *, first: bool) -> list[str]:
    place = _place(group, table)
    seeds = [line.seeds] if table.seeds_differ else []
    return [*(place if first else [""] * len(place)), _name(line.method), *seeds, *map(_cell, line.cells)]


def _place(group: Group, table: Table) -> list[str]:
    """The cells before the method."""
    count = "" if group.n_ood is None else f"{group.n_ood:,}"
    return [*([markdown(group.suite_group)] if table.has_suite else []), _name(group.ood), count]


def _name(name: Name) -> str:
    return " ".join([markdown(name.text), *map(superscript, name.marks)])


def _cell(cell: Cell) -> str:
    text = f"**{cell.text}**" if cell.best else markdown(cell.text)
    return " ".join([text, *map(superscript, cell.marks)])


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
