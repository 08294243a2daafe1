"""Compute a run again: metrics from the scores that are kept, and of some cells the scores from the network."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from bench.errors import BenchError
from bench.metrics import evaluate
from bench.report import CellScores
from bench.sealed import DamagedFileError
from bench.seeds import derived_seed
from bench.store import Store, no_results

from .recompute import Recomputer, Sources
from .slots import Record, Slot
from .untouched import UntouchedStore

Status = Literal["equal", "differs", "gone", "not recomputed"]

METRICS, SCORES = "metrics", "scores"


@dataclass(frozen=True)
class Check:
    """Whether the metrics, or the scores, of a cell are the same when they are computed again, and what is not.

    A record or scores whose checksum is broken differ; scores that are missing, or cannot be read, are gone.
    """

    key: str
    words: str
    what: str
    status: Status
    detail: str = ""


@dataclass(frozen=True)
class Verification:
    """The checks of a run: the metrics of all cells, then the scores of those that were drawn; and the names of files
    that earlier commands set aside as damaged (`set_aside`).
    """

    checks: tuple[Check, ...]
    set_aside: tuple[str, ...] = ()

    @property
    def is_sound(self) -> bool:
        """Whether nothing differs, is gone or was set aside; images and networks that are not at hand do not count."""
        return not self.set_aside and all(check.status not in ("differs", "gone") for check in self.checks)

    def of(self, what: str, status: Status) -> list[Check]:
        """The checks of metrics or scores with this outcome."""
        return [check for check in self.checks if (check.what, check.status) == (what, status)]


def verify_run(folder: Path, sources: Sources, *, cells: int | None = 5, seed: int = 0) -> Verification:
    """Check the results in `folder`: all metrics, and the scores of so many `cells`, drawn by `seed`; None draws all.

    Everything is compared bit for bit. `sources` say where data and networks are found. Nothing is trained, nothing
    that an earlier run extracted is used, and nothing in `folder` is changed. Raises `BenchError` when there are no
    results.
    """
    store = UntouchedStore(folder)
    records, broken = _read_records(store)
    set_aside = tuple(store.damaged())
    if not records and not broken and not set_aside:
        raise no_results(folder)
    metrics = [_check_metrics(store, record) for record in records]
    chosen = draw(records, len(records) if cells is None else cells, seed)
    return Verification((*broken, *metrics, *_check_scores(store, chosen, sources)), set_aside)


def _read_records(store: UntouchedStore) -> tuple[list[Record], list[Check]]:
    """The records whose checksums hold, and a check for each one whose does not."""
    records: list[Record] = []
    broken = []
    for key in sorted(store.keys()):
        try:
            records.append(store.read(key))
        except DamagedFileError as error:
            broken.append(Check(key, f"cell {key}", METRICS, "differs", str(error)))
    return records, broken


def draw(records: Sequence[Record], cells: int, seed: int) -> list[Record]:
    """`cells` of the records, or all where there are fewer, in their order; the same for the same seed."""
    generator = np.random.default_rng(derived_seed(seed, "verify"))
    places = generator.choice(len(records), min(cells, len(records)), replace=False)
    return [records[place] for place in sorted(places)]


def _check_metrics(store: Store, record: Record) -> Check:
    scores = _kept_scores(store, record, METRICS)
    if isinstance(scores, Check):
        return scores
    try:
        again: dict[str, Any] = evaluate(scores.id_scores, scores.ood_scores).to_dict()
    except BenchError as error:
        return _check(record, METRICS, "differs", str(error))
    if scores.id_correct is not None and not record["row"].get("shifted"):
        again["id_accuracy"] = float(scores.id_correct.mean())
    again.pop("warnings")  # the cell adds those of its network
    row = record["row"]
    wrong = [f"{name} {row[name]!r} → {value!r}" for name, value in again.items() if name in row and row[name] != value]
    return _check(record, METRICS, "differs" if wrong else "equal", ", ".join(wrong))


def _check_scores(store: Store, records: Iterable[Record], sources: Sources) -> Iterator[Check]:
    with Recomputer(sources, store.folder) as recomputer:
        for record in records:
            kept = _kept_scores(store, record, SCORES)
            if isinstance(kept, Check):
                yield kept
                continue
            try:
                again = recomputer.recompute(record)
            except BenchError as error:
                yield _check(record, SCORES, "not recomputed", str(error))
                continue
            detail = _difference(kept, again)
            yield _check(record, SCORES, "differs" if detail else "equal", detail)


def _kept_scores(store: Store, record: Record, what: str) -> CellScores | Check:
    """The scores of a cell, or the check that says what is wrong with them."""
    try:
        return store.scores(record["key"])
    except DamagedFileError as error:
        return _check(record, what, "differs", str(error))
    except BenchError as error:
        return _check(record, what, "gone", str(error))


def _difference(kept: CellScores, again: CellScores) -> str:
    """How far scores differ, in words; nothing where they are equal."""
    pairs = [(kept.id_scores, again.id_scores), (kept.ood_scores, again.ood_scores)]
    total = sum(len(old) for old, _ in pairs)
    if any(old.shape != new.shape for old, new in pairs):
        return f"{total:,} scores instead of {sum(len(new) for _, new in pairs):,}"
    count = sum(int(np.count_nonzero(old != new)) for old, new in pairs)
    largest = max(float(np.abs(old - new).max()) for old, new in pairs)
    return f"{count:,} of {total:,} scores, by at most {largest:.3g}" if count else ""


def _check(record: Record, what: str, status: Status, detail: str = "") -> Check:
    seed = record["row"]["seed"]
    words = Slot.of(record).words + ("" if seed is None else f", seed {seed}")
    return Check(record["key"], words, what, status, detail)
