"""A paper's table as printed lines: for each row what was published, measured, its spread, and the difference."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from bench.paper_table import Figure, PaperCell, PaperTable, TableColumn, TableRow

from .notes import Notes
from .summary import DASH, percent
from .table import Cell


@dataclass(frozen=True)
class PaperLine:
    """One printed line. `ood` and `method` are empty but in the first line that they hold for."""

    ood: str
    method: str
    figures: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class PaperGroup:
    """The lines of one network and ID set; `blocks` are those of one row or method each, not to be torn apart."""

    title: str
    blocks: tuple[tuple[PaperLine, ...], ...]


@dataclass(frozen=True)
class PaperSheet:
    """A whole table in lines. `heads` are the titles of the columns before the metrics; `notes` count from 1."""

    caption: str
    heads: tuple[str, ...]
    headings: tuple[str, ...]
    groups: tuple[PaperGroup, ...]
    notes: tuple[str, ...]
    remarks: tuple[str, ...]

    def head_cells(self, line: PaperLine) -> list[str]:
        """What stands in a line before its metrics."""
        texts = {"OOD set": line.ood, "Method": line.method, "Figures": line.figures}
        return [texts[head] for head in self.heads]


def paper_sheet(table: PaperTable) -> PaperSheet:
    """The lines of a table, ready to be typeset; all figures in percent."""
    notes = Notes()
    groups = [
        PaperGroup(", ".join(place), tuple(block for row in rows for block in _blocks(table, row, notes)))
        for place, rows in groupby(table.rows, lambda row: (row.network, row.id))
    ]
    has_ood = any(row.ood for row in table.rows)
    heads = (*(["OOD set"] if has_ood else []), *([] if table.joined else ["Method"]), "Figures")
    headings = tuple(column.heading for column in table.columns)
    return PaperSheet(table.title, heads, headings, tuple(groups), notes.texts, _remarks(table))


def _remarks(table: PaperTable) -> tuple[str, ...]:
    published = any(cell.published for row in table.rows for cells in row.cells for cell in cells)
    runs = f", mean of {table.paper_seeds} runs" if table.paper_seeds else ""
    joined = dict.fromkeys(" / ".join(row.methods) for row in table.rows) if table.joined else ()
    words = [
        f"Measured: {table.about}; mean ± sample standard deviation over seeds.",
        f"Published: {table.citation.rstrip('.')}{runs}. Difference: measured minus published." if published else "",
        f"In each cell: {'; '.join(joined)}." if joined else "",
        f"All figures in percent. ↓ lower is better, ↑ higher is better. {DASH}: not published.",
    ]
    return (*(text for text in words if text), *table.notes)


def _blocks(table: PaperTable, row: TableRow, notes: Notes) -> Iterator[tuple[PaperLine, ...]]:
    """One block for the row's methods together, or one for each."""
    if table.joined:
        yield _block(table, row, "", row.cells, notes)
        return
    for place, method in enumerate(row.methods):
        own = tuple((cells[place],) for cells in row.cells)
        yield _block(table, replace(row, ood="" if place else row.ood), method, own, notes)


def _block(
    table: PaperTable, row: TableRow, method: str, columns: Sequence[Sequence[PaperCell]], notes: Notes
) -> tuple[PaperLine, ...]:
    cells = [cell for column in columns for cell in column]
    printed: list[tuple[str, Callable[[PaperCell, TableColumn], str]]] = []
    if any(cell.published for cell in cells):
        whose = f" ({row.published_of})" if row.published_of else ""
        printed.append((f"published{whose}", lambda cell, column: _published(cell.published, alone=not table.joined)))
    printed.append((_measured_title(columns), lambda cell, column: _measured(cell, column, alone=not table.joined)))
    if table.joined and any(cell.measured and cell.measured.sd is not None for cell in cells):
        printed.append(("± sd", _sd))
    if any(cell.difference is not None for cell in cells):
        printed.append(("difference", _difference))
    lines = []
    for place, (title, text) in enumerate(printed):
        marked = title.startswith("measured")
        line = [
            Cell(_together([text(cell, column) for cell in several]), marks=_marks(several, notes) if marked else ())
            for several, column in zip(columns, table.columns, strict=True)
        ]
        lines.append(PaperLine("" if place else row.ood, "" if place else method, title, tuple(line)))
    return tuple(lines)


def _measured_title(columns: Sequence[Sequence[PaperCell]]) -> str:
    """`measured` with the number of seeds of each method, the largest over the columns."""
    counts = [max(len(cell.seeds) for cell in cells) for cells in zip(*columns, strict=True)]
    if not any(counts):
        return "measured"
    spelt = " / ".join(map(str, counts if len(set(counts)) > 1 else counts[:1]))
    return f"measured, {spelt} seed{'' if spelt == '1' else 's'}"


def _marks(cells: Sequence[PaperCell], notes: Notes) -> tuple[int, ...]:
    texts = [text for cell in cells for text in ([cell.reason] if cell.reason else cell.notes)]
    return notes.marks(*dict.fromkeys(texts))


def _together(texts: Sequence[str]) -> str:
    """The texts of a cell's methods; words that all have in common stand once."""
    alike = len(set(texts)) == 1 and not any(character.isdigit() for character in texts[0])
    return texts[0] if alike else " / ".join(texts)


def _published(figure: Figure | None, *, alone: bool) -> str:
    if figure is None:
        return DASH
    return f"{figure.text} ± {percent(figure.sd, 2)}" if alone and figure.sd is not None else figure.text


def _measured(cell: PaperCell, column: TableColumn, *, alone: bool) -> str:
    if cell.measured is None:
        return cell.state
    mean, sd = percent(cell.measured.mean, column.decimals), cell.measured.sd
    return f"{mean} ± {percent(sd, column.decimals)}" if alone and sd is not None else mean


def _sd(cell: PaperCell, column: TableColumn) -> str:
    sd = cell.measured.sd if cell.measured else None
    return DASH if sd is None else f"± {percent(sd, column.decimals)}"


def _difference(cell: PaperCell, column: TableColumn) -> str:
    if cell.difference is None:
        return DASH
    return f"{100 * cell.difference:+.{column.decimals}f}".replace("-", "−")
