"""What of many runs may stand in one table: rows sorted into boards, columns and lines, and nothing merged unsaid.

A board has what figures must share to be compared: the ID images, the protocol and what it tuned on, the precision, the
version of metrics. A column is one OOD set, told apart by its images. A line is one method of one run on one kind of
network, with a row for each seed; versions and parameters that differ make other lines.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from bench.leaderboard_page import KeptRun

from .blocks import Entry
from .result_row import ResultRow, grouped, read_rows
from .summary import images

SHOWN_DIGITS = 8
"""Of a hash, enough to tell two sets of images apart by eye."""


@dataclass(frozen=True)
class Ground:
    """What the figures of a board have in common. `images` are the ID images by number and identity."""

    id: str
    images: str
    shifted: str
    protocol: str
    tuned_on: str
    precision: str
    metrics: str

    @property
    def title(self) -> str:
        """The ground in words, without what is as usual."""
        tuned = f"tuned on {self.tuned_on}" if self.tuned_on else ""
        shifted = f"with {self.shifted}" if self.shifted else ""
        return " · ".join(part for part in (self.id, shifted, self.protocol, tuned, self.precision) if part)


@dataclass(frozen=True)
class Column:
    """One OOD set: its name, and its images by number and identity."""

    ood: str
    n_ood: int
    identity: str

    @property
    def words(self) -> str:
        """The images, for those who must tell two sets of one name apart."""
        return f"{images(self.n_ood)}, {self.identity[:SHOWN_DIGITS]}"


@dataclass(frozen=True)
class Line:
    """A method of a run. `version` is that of its code; `weights` are empty where seeds tell networks apart; `entries`
    has its rows, one for each seed, by column.
    """

    run: str
    method: str
    version: str
    parameters: str
    network: str
    objective: str
    transform: str
    weights: str
    entries: Mapping[Column, Entry]

    @property
    def seeds(self) -> int:
        """The largest number of seeds that a set has."""
        return max(len(entry.rows) for entry in self.entries.values())


@dataclass(frozen=True)
class Board:
    """The lines on one ground."""

    ground: Ground
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]

    @property
    def notes(self) -> list[str]:
        """What differs within the board although it goes by one name."""
        return [*self._sets_of_one_name(), *self._methods_of_one_name(), *self._disagreements()]

    def _sets_of_one_name(self) -> Iterator[str]:
        for name, columns in grouped(self.columns, lambda column: column.ood).items():
            if len(columns) > 1:
                words = "; ".join(column.words for column in columns)
                yield f"{name} is {len(columns)} sets of images, each with a column of its own: {words}."

    def _methods_of_one_name(self) -> Iterator[str]:
        for name, lines in grouped(self.lines, lambda line: line.method).items():
            for what in ("version", "parameters"):
                values = list(dict.fromkeys(getattr(line, what) for line in lines))
                if len(values) > 1:
                    yield f"{name} stands here with different {what}, each with a line of its own: {', '.join(values)}."

    def _disagreements(self) -> Iterator[str]:
        """Runs whose rows have the same key, and so the same specification, but not the same figures."""
        found = [
            (line, column, row) for line in self.lines for column, entry in line.entries.items() for row in entry.rows
        ]
        for same in grouped(found, lambda one: _own_key(one[2])).values():
            if len({json.dumps(row.metrics) for _, _, row in same}) > 1:
                line, column, _ = same[0]
                runs = ", ".join(dict.fromkeys(other.run for other, _, _ in same))
                yield f"{line.method} on {column.ood}: the same specification has different figures in {runs}."


def boards_of(runs: Sequence[KeptRun]) -> list[Board]:
    """The boards of some runs; the key of each row is `scoped` by its run. Raises `BenchError` without rows."""
    found = [
        (run, run.cells[row.key], replace(row, key=scoped(place, row.key)))
        for place, run in enumerate(runs)
        for row in read_rows(run.results.rows)
    ]
    return [_board(ground, members) for ground, members in grouped(found, lambda one: _ground(one[1], one[2])).items()]


def scoped(run: int, key: str) -> str:
    """The key of a row of the run with this number, from 0: two runs may have the same cell."""
    return f"{run}:{key}"


def kept_apart(boards: Iterable[Board]) -> list[str]:
    """Why boards of the same ID set are apart: what they differ in, in words."""
    words = []
    for name, several in grouped((board.ground for board in boards), lambda ground: ground.id).items():
        for field in fields(Ground):
            values = list(dict.fromkeys(getattr(ground, field.name) or "none" for ground in several))
            if len(values) > 1:
                words.append(f"{name}, {field.name.replace('_', ' ')}: {' / '.join(values)}")
    return words


Member = tuple[KeptRun, Mapping[str, Any], ResultRow]


def _board(ground: Ground, members: Sequence[Member]) -> Board:
    columns = dict.fromkeys(_column(cell, row) for _, cell, row in members)
    return Board(ground, tuple(columns), tuple(_line(one) for one in grouped(members, _line_key).values()))


def _line(members: Sequence[Member]) -> Line:
    rows = grouped(((_column(cell, row), row) for _, cell, row in members), lambda one: one[0])
    key = _line_key(members[0])
    entries = {
        column: Entry(key[1], tuple(sorted((row for _, row in found), key=lambda row: row.seed or 0)))
        for column, found in rows.items()
    }
    return Line(*key, entries)


def _ground(cell: Mapping[str, Any], row: ResultRow) -> Ground:
    shifted = cell.get("shifted", [])
    tuned_on, tuned_identity = cell.get("tune_on") or [None, None]
    return Ground(
        id=row.id,
        images=f"{images(row.n_id)}, {_short(cell['id'][1])}",
        shifted=", ".join(f"{name} ({_short(identity)})" for name, identity in shifted),
        protocol=row.protocol,
        tuned_on=f"{tuned_on} ({_short(tuned_identity)})" if tuned_on else "",
        precision=row.precision,
        metrics=f"version {cell.get('version', 1)}",
    )


def _column(cell: Mapping[str, Any], row: ResultRow) -> Column:
    return Column(row.ood, row.n_ood, str(cell["ood"][1]))


def _line_key(member: Member) -> tuple[str, str, str, str, str, str, str, str]:
    run, cell, row = member
    code = cell.get("method_code", "")
    version = f"{cell.get('method_version', 1)}{f', plugin {_short(code)}' if code else ''}"
    parameters = ", ".join(f"{name}={json.dumps(value)}" for name, value in cell["parameters"].items())
    weights = row.weights if row.seed is None else ""  # nothing else tells networks without a seed apart
    return run.name, row.method, version, parameters or "none", row.network, row.objective, row.transform, weights


def _own_key(row: ResultRow) -> str:
    return row.key.partition(":")[2]


def _short(identity: object) -> str:
    return str(identity)[:SHOWN_DIGITS]
