"""Carry a run out: networks, cells, rows, and the files made from them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench import __version__
from bench.atomic import require_writable, write_json, write_text
from bench.canonical import content_key
from bench.engine import ENGINES, Engine, EngineOptions
from bench.errors import BenchError
from bench.progress import say
from bench.report import REPORTS, Results, usual_reports
from bench.store import Store
from bench.suites.record import SuiteRecord, keep_suite, kept_suites
from bench.wording import counted

from .at_hand import NOT_HERE
from .driver import Driver
from .estimates import Estimates, with_intervals
from .failures import Failure
from .network_notes import with_network_notes
from .part import Shard, cut, of_shard
from .preparation import Preparation
from .report_files import keep_track, tracked
from .rows import row_of, rows_to_frame, with_groups
from .work import Work

if TYPE_CHECKING:
    import pandas as pd


STAMP = ".made-of"
"""The file that says what the reports in a results folder were made of when all of them were made last."""


@dataclass(frozen=True)
class Outcome:
    """The rows of a run in the order they were asked for, and the cells that failed."""

    rows: list[dict[str, Any]]
    failures: list[Failure]

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


def execute(preparation: Preparation, engine: Engine | None = None, shard: Shard | None = None) -> Outcome:
    """Evaluate every cell that the store does not have; each is kept as soon as it is done.

    The `engine` does it, by default one after the other in this process; of a `shard`, that part of the cells only.
    Raises `BenchError` before any long work when images are missing or the results' folder cannot be written to.
    """
    spec = preparation.specification
    _begin(preparation)
    chosen: Engine = engine or ENGINES.get("serial")(EngineOptions())
    work = Work(preparation)
    parts = of_shard(work.parts(), shard)
    if chosen.is_remote:
        parts = cut(parts, chosen.room)
    reports = Driver(work, chosen).do(parts)
    records = [record for report in reports for key in report.keys if (record := work.store.get(key)) is not None]
    rows = with_intervals([row_of(record) for record in records], spec.out)
    failures = [failure for report in reports for failure in report.failures]
    return Outcome(with_network_notes(with_groups(rows, kept_suites(spec.out)), spec.out), failures)


def _begin(preparation: Preparation) -> None:
    """Load what is tested, and say what is left out and what is to be known."""
    spec = preparation.specification
    preparation.load_images()
    require_writable(spec.out)
    for reason in preparation.skipped:
        say(f"Left out: {reason}")
    for note in preparation.network_notes:
        say(f"Network: {note}")
    for name, remedy in preparation.missing.items():
        say(f"Not run: {name}. {remedy}")
    if spec.suite is not None:
        keep_suite(spec.out, SuiteRecord.of(spec.suite, dict.fromkeys(preparation.missing, NOT_HERE)))
    for caveat in (*preparation.caveats, *preparation.fit_caveats):
        say(f"Warning: {caveat}.")


def stored_rows(folder: Path) -> list[dict[str, Any]]:
    """The rows of all results kept in a run folder, sorted; raises `BenchError` when there are none."""
    found = with_intervals([row_of(record) for record in Store(folder).records()], folder)
    rows = with_network_notes(with_groups(found, kept_suites(folder)), folder)
    if not rows:
        raise BenchError(f"There are no results in {folder}. Make some with: bench run … --out {folder}")
    order = ("id", "network", "seed", "ood", "protocol", "method")
    return sorted(rows, key=lambda row: [str(row[name]) for name in order])


def write_files(folder: Path, names: Sequence[str] | None = None) -> list[Path]:
    """Write rows and reports (all, or those named) of everything kept in `folder`; returns the files' paths.

    Files that these reports wrote before and that belong to no row any more are removed.
    """
    return _write(folder, stored_rows(folder), usual_reports() if names is None else names)


def refresh_files(folder: Path) -> list[Path]:
    """As `write_files` of all, but nothing is written where the same reports wrote the same rows before."""
    rows = stored_rows(folder)
    stamp, made_of = folder / STAMP, _made_of(folder, rows)
    is_current = stamp.is_file() and stamp.read_text(encoding="utf-8") == made_of
    current = tracked(folder) if is_current else None
    tables = [folder / "rows.csv", folder / "rows.json"]
    if current is not None and all(path.is_file() for path in tables):
        return [*tables, *current]
    stamp.unlink(missing_ok=True)
    written = _write(folder, rows, usual_reports())
    write_text(stamp, made_of)
    return written


def _made_of(folder: Path, rows: Sequence[dict[str, Any]]) -> str:
    """What the files of reports are made of, as a digest: rows, suites, and the code of the reports."""
    sources = {path for entry in REPORTS.entries.values() for path in entry.path.parent.glob("*.py")}
    code = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in sorted(sources)]
    return content_key([__version__, list(rows), repr(kept_suites(folder)), code])


def _write(folder: Path, rows: list[dict[str, Any]], names: Iterable[str]) -> list[Path]:
    store = Store(folder)
    results = Results(rows_to_frame(rows), store.scores, kept_suites(folder), Estimates(store).replicates)
    written = [folder / "rows.csv", folder / "rows.json"]
    write_text(written[0], results.rows.to_csv(index=False))
    write_json(written[1], rows)
    made = {name: REPORTS.get(name)().write(results, folder) for name in names}
    keep_track(folder, made)
    return [*written, *(path for paths in made.values() for path in paths)]
