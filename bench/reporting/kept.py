"""What a results folder keeps, as reports take it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.errors import BenchError
from bench.method_contract import METHODS
from bench.progress import say
from bench.report import REPORTS, FigureReport, Results
from bench.running.estimates import Estimates
from bench.running.files import stored_rows
from bench.running.report_files import keep_track
from bench.running.rows import rows_to_frame
from bench.store import Store
from bench.suites.record import kept_suites

from .scoreless import left_out, with_scores


def kept_results(folder: Path) -> Results:
    """The rows, scores, suites and resamples of the cells in `folder`. Raises `BenchError` when there are none."""
    store, rows = Store(folder), stored_rows(folder)
    return Results(
        rows_to_frame(rows),
        store.scores,
        kept_suites(folder),
        Estimates(store).replicates,
        _probabilities(store, rows),
    )


def figure_kinds() -> dict[str, type[FigureReport]]:
    """The reports that draw, by what `bench plot` calls them."""
    found = [REPORTS.get(name) for name in REPORTS.names()]
    return {one.kind: one for one in found if issubclass(one, FigureReport)}


def draw_figures(folder: Path, kinds: Sequence[str], formats: Sequence[str]) -> dict[str, list[Path]]:
    """Draw the figures of these kinds of what is kept in `folder`; returns the files of each kind.

    Rows whose scores are gone are left out of those that need scores, and named on stderr. Files in the same formats
    that these reports wrote before and that belong to no row any more are removed.
    """
    results, known, gone = kept_results(folder), figure_kinds(), Store(folder).without_scores()
    reports = {kind: known[kind](formats=formats) for kind in kinds}
    if any(report.needs_scores for report in reports.values()):
        for text in left_out(results, gone, folder):
            say(text)
    scored = with_scores(results, gone)
    made = {
        kind: report.write(scored if report.needs_scores else results, folder)
        for kind, report in reports.items()
        if len(scored.rows) or not report.needs_scores
    }
    keep_track(folder, {known[kind].name: paths for kind, paths in made.items()}, endings=formats)
    return {kind: made.get(kind, []) for kind in kinds}


def _probabilities(store: Store, rows: Sequence[Mapping[str, Any]]) -> Callable[[str], NDArray[np.float64] | None]:
    by_key = {str(row["key"]): row for row in rows}

    def probability(key: str) -> NDArray[np.float64] | None:
        row = by_key[key]
        try:
            found: NDArray[np.float64] | None = (
                METHODS.get(row["method"]).make(row["parameters"]).probability(store.scores(key).id_scores)
            )
        except BenchError:  # a plugin that is not at hand: whether its scores are any is not known
            return None
        return found

    return probability
