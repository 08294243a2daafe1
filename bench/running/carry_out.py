"""From a request to its outcome: found where all of it is there, and done otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from bench.engine import Engine
from bench.presence import at_work

from .kept_plan import KeptPlan
from .part import Shard

if TYPE_CHECKING:
    from .outcome import Outcome
    from .specification import RunSpecification


@contextmanager
def carried_out(spec: RunSpecification, engine: Engine, shard: Shard | None = None) -> Iterator[Outcome]:
    """The outcome of a run, or of a shard of it; for the time of the block this process is at work in its folder.

    Libraries of networks are loaded only if something may be left to do. Raises `BenchError` as `Preparation` and
    `execute` do.
    """
    plan = KeptPlan.of(spec, engine) if shard is None else None
    found = None if plan is None else plan.outcome()
    if found is not None:
        with at_work(spec.out):
            yield found
        return
    from .asking import asked_for
    from .execute import execute
    from .plan_keeping import Watch
    from .preparation import Preparation

    watch = None if plan is None else Watch(plan)
    preparation = Preparation(spec)
    with asked_for(preparation):
        outcome = execute(preparation, engine, shard)
        if watch is not None:
            watch.keep(preparation, outcome)
        yield outcome
