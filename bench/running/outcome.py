"""What came of a run: the rows of its cells, and what failed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.errors import BenchError
from bench.store import Store
from bench.suites.record import kept_suites
from bench.wording import counted

from .estimates import with_intervals
from .failures import Failure
from .network_notes import with_network_notes
from .rows import row_of, rows_to_frame, with_groups

if TYPE_CHECKING:
    import pandas as pd


def rows_of(records: Iterable[dict[str, Any]], folder: Path) -> list[dict[str, Any]]:
    """The rows of cells in a results folder, with all that the folder knows beside their records."""
    rows = with_groups(with_intervals([row_of(record) for record in records], folder), kept_suites(folder))
    return with_network_notes(rows, folder)


@dataclass(frozen=True)
class Outcome:
    """The rows of a run in the order they were asked for, and the cells that failed."""

    rows: list[dict[str, Any]]
    failures: list[Failure]

    @classmethod
    def of(cls, folder: Path, keys: Iterable[str], failures: Iterable[Failure] = ()) -> Outcome:
        """That of the cells in a results folder with these keys; one whose record is not sound any more has no row."""
        store = Store(folder)
        records = [record for key in keys if (record := store.get(key)) is not None]
        return cls(rows_of(records, folder), list(failures))

    def require_complete(self) -> None:
        """Raise `BenchError` if cells failed, with the first one's error as its cause."""
        if self.failures:
            first = self.failures[0]
            count = counted(sum(failure.cells for failure in self.failures), "cell")
            raise BenchError(f"{count} failed; {first.cell}: {first.message}") from first.error

    def to_frame(self) -> pd.DataFrame:
        """The rows as a table. Raises `BenchError` if cells failed."""
        self.require_complete()
        return rows_to_frame(self.rows)
