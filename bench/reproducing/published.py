"""Published figures, read from the CSV beside a table's file."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from bench.errors import BenchError
from bench.paper_table import Figure

COLUMNS = ("source", "table", "model", "id_dataset", "ood_dataset", "method", "metric", "value", "std", "note")


class Place(NamedTuple):
    """Under which names the CSV has a figure: those of the paper, but the metric's."""

    model: str
    id_dataset: str
    ood_dataset: str
    method: str
    metric: str


@dataclass(frozen=True)
class Published:
    """Every published figure by its place: values as printed, percent unless the metric is a parameter."""

    values: Mapping[Place, tuple[str, str]]

    def figure(self, place: Place) -> Figure | None:
        """The figure as fractions; None where it was not published."""
        if place not in self.values:
            return None
        value, sd = self.values[place]
        return Figure(float(f"{value}e-2"), float(f"{sd}e-2") if sd else None, value)

    def value(self, place: Place) -> float:
        """A parameter in its own unit; raises `BenchError` where none was published."""
        if place not in self.values:
            raise BenchError(f"No {place.metric} was published for {', '.join(place[:-1])}.")
        return float(self.values[place][0])


def read_published(path: Path) -> Published:
    """Read the CSV; raises `BenchError` for one that is absent, has other columns, no numbers, or two for one place."""
    if not path.is_file():
        raise BenchError(f"{path}, which holds the published figures, is missing. Its header is: {','.join(COLUMNS)}")
    values: dict[Place, tuple[str, str]] = {}
    for line, record in _lines(path):
        place = Place(*(record[name] for name in Place._fields))
        where = f"line {line} of {path}"
        if place in values:
            raise BenchError(f"Two figures for {', '.join(place)}: {where}.")
        for number in (record["value"], record["std"] or "0"):
            _require_number(number, where)
        values[place] = record["value"], record["std"]
    return Published(values)


def _lines(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """The lines after the header with their numbers. Raises `BenchError` for what is no CSV of the columns."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            if tuple(reader.fieldnames or ()) != COLUMNS:
                raise BenchError(f"{path} must have the columns {','.join(COLUMNS)}.")
            for record in reader:
                if None in record or None in record.values():
                    raise BenchError(f"Line {reader.line_num} of {path} must have {len(COLUMNS)} columns.")
                yield reader.line_num, record
    except (csv.Error, UnicodeDecodeError) as error:
        raise BenchError(f"{path} is no CSV file in UTF-8: {error}.") from error


def _require_number(text: str, where: str) -> None:
    try:
        float(text)
    except ValueError as error:
        raise BenchError(f"'{text}' is no number: {where}.") from error
