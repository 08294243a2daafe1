"""A table in LaTeX, set with booktabs."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence

from .columns import BOLD, LEGEND
from .escaping import latex
from .result_row import grouped
from .summary import images
from .table import Cell, Group, Line, Name, Table

MOST_LINES = 36
"""Lines that fit on a page beside caption and notes; a longer table is continued in a further one."""


def latex_table(table: Table) -> str:
    """One or more `table` environments, which need the package booktabs."""
    first, *further = _pages(table.groups)
    pages = [
        _page(table, first, f"{latex(table.accuracy)}."),
        *(_page(table, groups, "Continued.") for groups in further),
    ]
    return "\n".join(pages)


def _pages(groups: Sequence[Group]) -> list[list[Group]]:
    """The groups on as few pages as need be, filled evenly."""
    sizes = [len(group.lines) + 1 for group in groups]
    n_pages = math.ceil(sum(sizes) / MOST_LINES)
    middles = [before + size / 2 for before, size in zip(itertools.accumulate(sizes, initial=0), sizes, strict=False)]
    pages = grouped(zip(groups, middles, strict=True), lambda pair: int(pair[1] * n_pages / sum(sizes)))
    return [[group for group, _ in page] for page in pages.values()]


def _page(table: Table, groups: Sequence[Group], remark: str) -> str:
    titles = [*(["Seeds"] if table.seeds_differ else []), *(column.heading for column in table.columns)]
    body = [line for group in groups for line in _group_lines(group, table, len(titles) + 1)]
    return "\n".join(
        [
            r"\begin{table}[tp]",
            r"  \centering\footnotesize\setlength{\tabcolsep}{2.5pt}",
            f"  \\caption{{{_name(table.id)}: {latex(table.about)}. {remark}}}\\smallskip",
            f"  \\begin{{tabular}}{{@{{}}l{'r' * len(titles)}@{{}}}}",
            r"    \toprule",
            f"    {_row(['Method', *map(latex, titles)])}",
            *body,
            r"    \bottomrule",
            r"  \end{tabular}",
            *_below(table, groups),
            r"\end{table}",
            "",
        ]
    )


def _group_lines(group: Group, table: Table, width: int) -> list[str]:
    heading = f"{_name(group.ood)} ({images(group.n_ood)})"
    lines = [
        _row([rf"\enspace {_name(line.method)}", *_seeds(line, table), *map(_cell, line.cells)]) for line in group.lines
    ]
    return [
        r"    \midrule",
        rf"    \multicolumn{{{width}}}{{@{{}}l}}{{{heading}}} \\",
        *(f"    {line}" for line in lines),
    ]


def _seeds(line: Line, table: Table) -> list[str]:
    return [str(line.n_seeds)] if table.seeds_differ else []


def _below(table: Table, groups: Sequence[Group]) -> list[str]:
    """The notes that this page uses, and the legend."""
    used = sorted({mark for group in groups for mark in _group_marks(group)} | set(table.id.marks))
    notes = [f"    $^{{{number}}}$ {latex(table.notes[number - 1])}" for number in used]
    return [
        r"  \par\smallskip\begin{minipage}{\linewidth}\scriptsize\raggedright",
        "\\par\n".join([*notes, f"    {latex(LEGEND)} {latex(BOLD)}"]),
        r"  \end{minipage}",
    ]


def _group_marks(group: Group) -> Iterator[int]:
    yield from group.ood.marks
    for line in group.lines:
        yield from line.method.marks
        for cell in line.cells:
            yield from cell.marks


def _name(name: Name) -> str:
    return latex(name.text) + _superscript(name.marks)


def _cell(cell: Cell) -> str:
    mean = rf"\textbf{{{cell.mean}}}" if cell.best else latex(cell.mean)
    spread = rf"\,{{\scriptsize$\pm$\,{cell.sd}}}" if cell.sd else ""
    return mean + spread + _superscript(cell.marks)


def _superscript(marks: Sequence[int]) -> str:
    return f"$^{{{','.join(map(str, marks))}}}$" if marks else ""


def _row(cells: Sequence[str]) -> str:
    return " & ".join(cells) + r" \\"
