"""What the methods of a block cost: a line for each method."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable

from .about import about
from .blocks import Block
from .notes import Notes
from .result_row import COSTS, ResultRow
from .sheet import Sheet, SheetLine
from .summary import DASH
from .table import Cell, Name

LEGEND = (
    "Medians over OOD sets and seeds, by the wall clock: the seconds to fit a method; the time to score an image "
    "beyond the forward pass that all methods share, with passes of the method's own, which count with what they took "
    "when they were made; the memory at the peak of either beyond what the process held before; the arrays that the "
    "fitted method keeps. Work shared with other methods counts in full. –: not known."
)


def make_cost_table(block: Block) -> Sheet | None:
    """The costs of a block's methods in its own order; None where none is known."""
    rows = {label: [row for entry in block.entries_of(label) for row in entry.rows] for label in block.labels}
    costs = {label: costs_of(of_label) for label, of_label in rows.items()}
    if all(value is None for values in costs.values() for value in values.values()):
        return None
    notes = Notes()
    lines = tuple(
        SheetLine(
            Name(label, notes.marks(_pass_note(rows[label]))),
            tuple(_cell(values[name], text) for name, (_, text) in _COLUMNS.items()),
        )
        for label, values in costs.items()
    )
    return Sheet(
        id=block.id,
        about=about(block),
        titles=tuple(Name(title) for title, _ in _COLUMNS.values()),
        lines=lines,
        key="",
        legend=LEGEND,
        notes=notes.texts,
    )


def costs_of(rows: Iterable[ResultRow]) -> dict[str, float | None]:
    """The median of each cost over the rows that know it, else None."""
    of_all = list(rows)
    known = {name: [value for row in of_all if (value := row.costs[name]) is not None] for name in COSTS}
    return {name: statistics.median(values) if values else None for name, values in known.items()}


def _pass_note(rows: Iterable[ResultRow]) -> str:
    earlier = any(row.costs["microseconds_of_earlier_passes"] for row in rows)
    return "The time per image is in part that of passes which an earlier run made and measured." if earlier else ""


def _cell(value: float | None, text: Callable[[float], str]) -> Cell:
    return Cell(DASH if value is None else text(value))


def three_digits(value: float) -> str:
    """The value with three significant digits, but no more than three decimals.

    >>> three_digits(0), three_digits(0.0004), three_digits(0.0123), three_digits(3.14159), three_digits(12345.6)
    ('0', '< 0.001', '0.012', '3.14', '12,346')
    """
    if value == 0:
        return "0"
    if value < 0.001:
        return "< 0.001"
    return f"{value:,.{min(3, max(0, 2 - math.floor(math.log10(value))))}f}"


def byte_count(count: float) -> str:
    """The number of bytes in the largest unit of which there is one.

    >>> byte_count(0), byte_count(1000), byte_count(2048), byte_count(5_000_000)
    ('0 B', '1,000 B', '2.00 KiB', '4.77 MiB')
    """
    power = min(3, max(0, int(math.log2(count) // 10))) if count >= 1 else 0
    number = three_digits(count / 1024**power) if power else f"{count:,.0f}"
    return f"{number} {('B', 'KiB', 'MiB', 'GiB')[power]}"


_COLUMNS: dict[str, tuple[str, Callable[[float], str]]] = {
    "fit_seconds": ("Fit (s)", three_digits),
    "microseconds_per_image": ("µs per image", three_digits),
    "peak_memory_mb": ("Peak memory (MiB)", three_digits),
    "state_bytes": ("State", byte_count),
}
