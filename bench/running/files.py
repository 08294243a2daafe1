"""The files that are made from all results in a folder: tables of rows, and reports."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from bench import __version__
from bench.atomic import write_json, write_text
from bench.canonical import content_key
from bench.report import REPORTS, Results, usual_reports
from bench.store import Store, no_results
from bench.suites.record import kept_suites

from .estimates import Estimates
from .outcome import rows_of
from .report_files import keep_track, tracked
from .rows import rows_to_frame

STAMP = ".made-of"
"""The file that says what the reports in a results folder were made of when all of them were made last."""


def stored_rows(folder: Path) -> list[dict[str, Any]]:
    """The rows of all results kept in a run folder, sorted; raises `BenchError` when there are none."""
    rows = rows_of(Store(folder).records(), folder)
    if not rows:
        raise no_results(folder)
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
