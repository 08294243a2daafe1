"""Carry a run out: its networks and cells, by an engine."""

from __future__ import annotations

from bench.atomic import require_writable
from bench.engine import ENGINES, Engine, EngineOptions
from bench.progress import say
from bench.remote import settle, shared_cache
from bench.suites.record import SuiteRecord, keep_suite

from .at_hand import NOT_HERE
from .driver import Driver
from .outcome import Outcome
from .part import Shard, cut, of_shard
from .preparation import Preparation
from .turns import turns_of, units
from .work import Work


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
    turns = turns_of(work)
    reports = Driver(work, chosen, turns).do(parts if turns is None else units(parts))
    keys = [key for report in reports for key in report.keys]
    return Outcome.of(spec.out, keys, [failure for report in reports for failure in report.failures])


def opening_lines(preparation: Preparation) -> list[str]:
    """What is said first: what is left out, and what is to be known. The images are loaded."""
    return [
        *(f"Left out: {reason}" for reason in preparation.skipped),
        *(f"Network: {note}" for note in preparation.network_notes),
        *(f"Not run: {name}. {remedy}" for name, remedy in preparation.missing.items()),
        *(f"Warning: {caveat}." for caveat in (*preparation.caveats, *preparation.fit_caveats)),
    ]


def _begin(preparation: Preparation) -> None:
    spec = preparation.specification
    preparation.load_images()
    require_writable(spec.out)
    settle(spec.out)
    shared_cache().check()
    if spec.suite is not None:
        keep_suite(spec.out, SuiteRecord.of(spec.suite, dict.fromkeys(preparation.missing, NOT_HERE)))
    for line in opening_lines(preparation):
        say(line)
