"""Carry a run out: networks, cells, rows, and the files made from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.atomic import write_json, write_text
from bench.report import REPORTS, Results
from bench.store import Store

from .evaluation import Evaluation
from .failures import Failure, FailureLog
from .preparation import Preparation
from .rows import rows_to_frame


@dataclass(frozen=True)
class Outcome:
    """The rows of a run in the order they were asked for, and the cells that failed."""

    rows: list[dict[str, Any]]
    failures: list[Failure]


def execute(preparation: Preparation) -> Outcome:
    """Evaluate every cell that the store does not have; each is kept as soon as it is done."""
    spec = preparation.specification
    _ = preparation.id_images, preparation.ood_images, preparation.tune_images
    store = Store(spec.out)
    log = FailureLog(store)
    rows: list[dict[str, Any]] = []
    for need in preparation.needs:
        evaluation = Evaluation(
            network=preparation.tested_network(need),
            id=preparation.id_set.name,
            id_images=preparation.id_images,
            protocol=spec.protocol,
            tune_on=spec.tune_on,
            tune_images=preparation.tune_images,
            store=store,
            log=log,
            device=preparation.device,
        )
        rows += evaluation.rows(need.methods, preparation.ood_images)
    return Outcome(rows, log.failures)


def stored_results(folder: Path) -> Results:
    """All results kept in a run folder."""
    store = Store(folder)
    rows = [record["row"] for record in store.records()]
    frame = rows_to_frame(rows).sort_values(["id", "network", "seed", "ood", "protocol", "method"], kind="stable")
    return Results(frame.reset_index(drop=True), store.scores)


def write_files(folder: Path, names: Sequence[str] | None = None) -> list[Path]:
    """Write rows and reports (all, or those named) of everything kept in `folder`; returns the files' paths."""
    results = stored_results(folder)
    rows = [record["row"] for record in Store(folder).records()]
    written = [folder / "rows.csv", folder / "rows.json"]
    write_text(written[0], results.rows.to_csv(index=False))
    write_json(written[1], rows)
    for name in REPORTS.names() if names is None else names:
        written += REPORTS.get(name)().write(results, folder)
    return written
