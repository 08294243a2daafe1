"""Reading scores from plain files: .npy, .csv and .txt."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from bench.errors import BenchError, NonFiniteScoresError

from .inputs import FloatArray, score_array

COLUMN = "score"


def read_scores(path: str | Path) -> FloatArray:
    """Return the scores in a file as float64 of shape (n,), n >= 1, all finite. The suffix tells the format.

    - `.npy`: a 1-D array of integers or floats; pickled objects are refused.
    - `.csv`: UTF-8 with commas; one column, with or without a header, or a column called `score`.
    - `.txt`: one number per line; empty lines and lines that begin with `#` are skipped.

    Raises `BenchError` naming the file, and the line or index, for whatever cannot be read as a finite number.
    """
    path = Path(path)
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise BenchError(f"{path}: unknown kind of score file; use {', '.join(_READERS)}.")
    try:
        return reader(path)
    except OSError as error:
        raise BenchError(f"{path}: cannot be read: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise BenchError(f"{path}: is not UTF-8 text (byte {error.start}).") from error
    except csv.Error as error:
        raise BenchError(f"{path}: is not a CSV file: {error}.") from error


def _read_npy(path: Path) -> FloatArray:
    with path.open("rb") as file:
        try:
            values = np.lib.format.read_array(file, allow_pickle=False)
        except (ValueError, MemoryError) as error:
            raise BenchError(f"{path}: is not a complete .npy file of plain numbers: {error}") from error
    return score_array(values, f"{path}")


def _read_txt(path: Path) -> FloatArray:
    with path.open(encoding="utf-8-sig") as file:
        lines = ((number, line.strip()) for number, line in enumerate(file, start=1))
        return _numbers(path, ((number, text) for number, text in lines if text and not text.startswith("#")))


def _read_csv(path: Path) -> FloatArray:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return _numbers(path, _csv_cells(path, file))


def _csv_cells(path: Path, file: Iterator[str]) -> Iterator[tuple[int, str]]:
    """Yield line number and text of every score, the header left out."""
    rows = csv.reader(file)
    width = column = 0
    for row in filter(None, rows):
        if not width:
            width, column, has_header = _layout(path, [cell.strip() for cell in row])
            if has_header:
                continue
        if len(row) != width:
            raise BenchError(f"{path}, line {rows.line_num}: expected {width} column(s), found {len(row)}.")
        yield rows.line_num, row[column].strip()


def _layout(path: Path, first_row: list[str]) -> tuple[int, int, bool]:
    """Width, index of the score column and whether the first row is a header."""
    if COLUMN in first_row:
        return len(first_row), first_row.index(COLUMN), True
    if len(first_row) > 1:
        raise BenchError(
            f"{path}: has {len(first_row)} columns ({', '.join(first_row)}); "
            f"name one of them '{COLUMN}' or keep only one."
        )
    # "0.5x" in the first line is a damaged score, not a header: a header begins with a letter and is no number.
    is_header = first_row[0][:1].isalpha() and _number(first_row[0]) is None
    return 1, 0, is_header


def _numbers(path: Path, cells: Iterator[tuple[int, str]]) -> FloatArray:
    values = []
    for line, text in cells:
        value = _number(text)
        if value is None:
            raise BenchError(f"{path}, line {line}: {text[:40]!r} is not a number.")
        if not math.isfinite(value):
            raise NonFiniteScoresError(f"{path}, line {line}: {text!r}; every score must be a finite number.")
        values.append(value)
    return score_array(values, f"{path}")


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


_READERS: dict[str, Callable[[Path], FloatArray]] = {".npy": _read_npy, ".csv": _read_csv, ".txt": _read_txt}
