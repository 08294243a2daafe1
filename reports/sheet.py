"""A table with one line for each method of a block, before it is typeset."""

from __future__ import annotations

from dataclasses import dataclass

from .table import Cell, Name


@dataclass(frozen=True)
class SheetLine:
    """One method and its cells."""

    method: Name
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Sheet:
    """The lines of one block. `about` says on what all of it was measured; `titles` are those of the cells.

    `key` says what abbreviated titles mean, or is empty; `legend` what the figures are; `notes` are numbered from 1.
    `tested` says whether what is marked was found by tests, or is the largest figure alone.
    """

    id: str
    about: str
    titles: tuple[Name, ...]
    lines: tuple[SheetLine, ...]
    key: str
    legend: str
    notes: tuple[str, ...]
    tested: bool = False
