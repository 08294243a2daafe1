"""Carry a misclassification run out: networks, cells, rows, and the files made from them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bench.atomic import require_writable, write_json, write_text
from bench.engine import Engine
from bench.errors import BenchError
from bench.method_contract import METHODS, Method, Scores
from bench.prediction_report import PREDICTION_REPORTS, PredictionResults, Predictions
from bench.progress import say
from bench.running.driver import Driver
from bench.running.engines import EngineChoice
from bench.running.network_notes import with_network_notes
from bench.running.outcome import Outcome
from bench.running.part import cut
from bench.running.report_files import keep_track
from bench.store import Store

from .rows import rows_to_frame
from .specification import PredictionPreparation
from .work import PredictionWork


def execute_predictions(preparation: PredictionPreparation, engine: Engine | None = None) -> Outcome:
    """Evaluate every cell that the store does not have; each is kept as soon as it is done.

    The `engine` does it, by default one after the other in this process. Raises `BenchError` before any long work when
    images or labels are missing, or the results' folder cannot be written to.
    """
    spec = preparation.specification
    preparation.load_images()
    require_writable(spec.folder)
    for reason in preparation.skipped:
        say(f"Left out: {reason}")
    for note in preparation.network_notes:
        say(f"Network: {note}")
    for caveat in preparation.caveats:
        say(f"Warning: {caveat}.")
    work = PredictionWork(preparation)
    chosen = engine or EngineChoice().make(spec.folder, spec.device)
    parts = cut(work.parts(), chosen.room) if chosen.is_remote else work.parts()
    reports = Driver(work, chosen).do(parts)
    records = [record for report in reports for key in report.keys if (record := work.store.get(key)) is not None]
    failures = [failure for report in reports for failure in report.failures]
    return Outcome(with_network_notes([record["row"] for record in records], spec.folder), failures)


def write_prediction_files(folder: Path) -> list[Path]:
    """Write rows and reports of everything that a misclassification run kept in `folder`; returns the files' paths.

    Files that these reports wrote before and that belong to no row any more are removed.
    """
    store = Store(folder)
    order = ("id", "network", "seed", "method")
    found = with_network_notes([record["row"] for record in store.records()], folder)
    rows = sorted(found, key=lambda row: [str(row[name]) for name in order])
    written = [folder / "rows.csv", folder / "rows.json"]
    by_key = {row["key"]: row for row in rows}
    results = PredictionResults(rows_to_frame(rows), lambda key: _predictions(store, by_key[key]))
    write_text(written[0], results.rows.to_csv(index=False))
    write_json(written[1], rows)
    made = {name: PREDICTION_REPORTS.get(name)().write(results, folder) for name in PREDICTION_REPORTS.names()}
    keep_track(folder, made)
    return [*written, *(path for paths in made.values() for path in paths)]


def _predictions(store: Store, row: dict[str, Any]) -> Predictions:
    kept = store.scores(row["key"])
    assert kept.id_correct is not None
    return Predictions(kept.id_scores, kept.id_correct, _probability(row, kept.id_scores))


def _probability(row: dict[str, Any], scores: Scores) -> Scores | None:
    """The scores as probabilities; None also for a row of a plugin that is not there any more, or has changed."""
    try:
        method: Method = METHODS.get(row["method"]).make(row["parameters"])
    except BenchError:
        return None
    return method.probability(scores)
