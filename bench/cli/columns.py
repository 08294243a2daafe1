"""Columns of plain text on stdout."""

from __future__ import annotations

from collections.abc import Sequence

import typer


def print_columns(rows: Sequence[Sequence[str]]) -> None:
    """Print rows of equally many cells, each column as wide as its widest cell; no rows print nothing."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
