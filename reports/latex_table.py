"""The comparison table in LaTeX, set with booktabs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from .columns import legend_of, mark_legend
from .escaping import latex
from .latex_parts import NOTE_CHARACTERS, cell, floating_table, name, note_lines, row
from .pages import pages
from .table import Group, Line, Table

MOST_LINES = 36
"""Lines that fit on a page beside caption and legend; a longer table is continued in a further one."""


def latex_table(table: Table) -> str:
    """One or more `table` environments, which need the package booktabs."""
    parts = [part for group in table.groups for part in _parts(group, table)]
    filled = pages(parts, lambda part: 1 + sum(_length(line, table) for line in part.lines), MOST_LINES)
    accuracy = f"{latex(table.accuracy)}." if table.accuracy else ""
    return "\n".join(_page(table, groups, "Continued." if number else accuracy) for number, groups in enumerate(filled))


def _parts(group: Group, table: Table) -> Iterator[Group]:
    """The group, in parts that fit on a page each."""
    if not group.lines:
        yield group
    for lines in pages(group.lines, lambda line: _length(line, table), MOST_LINES - 1):
        yield replace(group, lines=tuple(lines))


def _length(line: Line, table: Table) -> int:
    """The lines that it takes on the page, with its notes below the table."""
    return 1 + sum(math.ceil(len(table.notes[mark - 1]) / NOTE_CHARACTERS) for mark in _line_marks(line))


def _page(table: Table, groups: Sequence[Group], remark: str) -> str:
    titles = ["Method", *(["Seeds"] if table.seeds_differ else []), *(column.heading for column in table.columns)]
    marks = [*table.id.marks, *(mark for group in groups for mark in _group_marks(group))]
    return floating_table(
        f"{name(table.id)}: {latex(table.about)}. {remark}".rstrip(),
        r"\footnotesize",
        [*map(latex, titles)],
        [line for group in groups for line in _group_lines(group, table, len(titles))],
        [
            *note_lines(table.notes, marks),
            f"{latex(legend_of(table.columns))} {latex(mark_legend('Bold', tested=table.tested))}",
        ],
    )


def _group_lines(group: Group, table: Table, width: int) -> list[str]:
    heading = " ".join(part for part in (latex(group.before), name(group.ood), latex(group.after)) if part)
    lines = [
        row([rf"\enspace {name(line.method)}", *_seeds(line, table), *map(cell, line.cells)]) for line in group.lines
    ]
    return [
        r"    \midrule",
        rf"    \multicolumn{{{width}}}{{@{{}}l}}{{{heading}}} \\",
        *(f"    {line}" for line in lines),
    ]


def _seeds(line: Line, table: Table) -> list[str]:
    return [latex(line.seeds)] if table.seeds_differ else []


def _group_marks(group: Group) -> Iterator[int]:
    yield from group.ood.marks
    for line in group.lines:
        yield from _line_marks(line)


def _line_marks(line: Line) -> Iterator[int]:
    yield from line.method.marks
    for one in line.cells:
        yield from one.marks
