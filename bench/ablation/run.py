"""Carry an ablation out: every variant, each failing alone."""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.engine import Engine, EngineLostError
from bench.errors import BenchError
from bench.progress import say
from bench.running.engines import EngineChoice
from bench.running.execute import execute
from bench.running.failures import Failure
from bench.store import Store

from .file import Ablation
from .outcome import VariantRows
from .plan import Run, SharedPreparation, groups, method_key


@dataclass
class Carried:
    """What came of an ablation: its rows, the cells that failed, and why whole variants failed, by their names.

    `bugs` says whether a variant failed by something that the user cannot mend.
    """

    outcome: VariantRows
    failures: list[Failure] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    bugs: bool = False


def check(runs: Sequence[Run]) -> list[str]:
    """The plan in lines, group by group. Raises `BenchError` for anything that the user can mend.

    What is checked is let go again: the images of many variants together would not fit into memory.
    """
    common: list[str] = []
    lines, cells = [], 0
    for group in groups(runs):
        preparation = SharedPreparation(group)
        if not common:
            preparation.load_images()  # they are the same for all
            common = [line for line in preparation.plan_lines() if line.startswith(("ID:", "OOD:"))]
        lines += [f"{_names(group)}: {need.describe()}" for need in preparation.needs]
        lines += [f"{_names(group)}: left out: {reason}" for reason in preparation.skipped]
        cells += sum(len(need.methods) for need in preparation.needs) * len(preparation.ood_sets)
    return [*common, *lines, f"Cells: {cells}, results in {runs[0].specification.out}"]


def run_ablation(ablation: Ablation, runs: Sequence[Run], engine: Engine | None = None) -> Carried:
    """Measure every variant; cells that were measured before are found. A variant that fails stops no other.

    The `engine` does it, by default one cell after the other in this process. Raises `EngineLostError` if there is
    nobody to do the rest.
    """
    values = {run.variant.name: run.variant.value for run in runs}
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in values}
    outcome = VariantRows(ablation.name, ablation.summary, ablation.axis, values, [])
    carried = Carried(outcome)
    together = groups(runs)
    first = runs[0].specification
    with engine or EngineChoice().make(first.out, first.device) as chosen:  # its workers serve all groups
        for number, group in enumerate(together, start=1):
            say(f"{ablation.name}: {_names(group)} ({number} of {len(together)})")
            try:
                _measure(group, found, carried, chosen)
            except EngineLostError:
                raise
            except Exception as error:
                bug = not isinstance(error, BenchError)
                carried.bugs |= bug
                carried.failed |= dict.fromkeys((run.variant.name for run in group), str(error))
                say(traceback.format_exc() if bug else f"FAILED {_names(group)}: {error}")
    rows = [{"variant": name, "value": values[name], **row} for name, several in found.items() for row in several]
    carried.outcome = VariantRows(ablation.name, ablation.summary, ablation.axis, values, rows)
    return carried


def _measure(group: Sequence[Run], found: dict[str, list[dict[str, Any]]], carried: Carried, engine: Engine) -> None:
    preparation = SharedPreparation(group)
    outcome = execute(preparation, engine)
    if outcome.failures and not outcome.rows:
        raise outcome.failures[0].error
    carried.failures += outcome.failures
    store = Store(preparation.specification.out)
    for row in outcome.rows:
        record = store.get(row["key"])
        assert record is not None  # the row was made of it
        cell = record["cell"]
        for variant in preparation.variants_of[method_key(cell["method"], cell["parameters"])]:
            found[variant].append(row)


def _names(group: Iterable[Run]) -> str:
    return ", ".join(run.variant.name for run in group)
