"""Jobs: what of a table can be run together, since it shares network, ID set, training and settings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.canonical import canonical_json
from bench.method_contract import METHODS
from bench.running.specification import RunSpecification, require_used

from .paper import Paper, PaperMethod, PaperRow
from .request import Request


@dataclass
class Job:
    """One run of the engine: `methods` on networks of one kind, trained on `id`, tested on the sets `ood`."""

    network: str
    id: str
    objective: str
    settings: dict[str, Any]
    methods: list[str] = field(default_factory=list)
    ood: list[str] = field(default_factory=list)

    def specification(self, request: Request, ood: Sequence[str]) -> RunSpecification:
        """The run's specification for those of the OOD sets that are at hand."""
        owners = {*self.methods, self.id, *ood, self.objective, "recipe"}
        return RunSpecification(
            method=tuple(self.methods),
            id=self.id,
            ood=tuple(ood),
            network=self.network,
            recipe=request.training_recipe,
            seeds=request.seeds,
            protocol=request.paper.protocol,
            settings={key: value for key, value in self.settings.items() if key.partition(".")[0] in owners},
            bindings=request.bindings,
            device=request.device,
            data=request.data,
            out=request.out,
        )


@dataclass(frozen=True)
class Slot:
    """One method in one row, and the job that measures it; where there is none, `reason` says why."""

    row: PaperRow
    method: PaperMethod
    job: Job | None
    reason: str = ""


def slots_of(rows: Iterable[PaperRow], request: Request) -> list[Slot]:
    """A slot for each row and method, those that can be run together with the same job.

    Raises `UnknownNameError` for settings of what the table does not have.
    """
    require_used(request.settings, _owners(request.paper))
    jobs: dict[str, Job] = {}
    return [_slot(row, method, request, jobs) for row in rows for method in row.methods]


def jobs_of(slots: Iterable[Slot]) -> list[Job]:
    """The jobs of some slots, each once."""
    return list({id(slot.job): slot.job for slot in slots if slot.job is not None}.values())


def sets_of(paper: Paper, row: PaperRow) -> list[str]:
    """The OOD sets that a row needs, but those that cannot be had at all."""
    names = [row.ood] if row.ood else [name for column in paper.columns for name in column.ood]
    return [name for name in dict.fromkeys(names) if name not in paper.lacking]


def _owners(paper: Paper) -> set[str]:
    """What of a table has settings."""
    methods = [method.method for method in paper.methods if method.method]
    objectives = [METHODS.get(name).objective or "" for name in methods]
    sets = [name for row in paper.rows for name in (row.id, *sets_of(paper, row))]
    return {*methods, *objectives, *sets, "recipe"}


def _slot(row: PaperRow, method: PaperMethod, request: Request, jobs: dict[str, Job]) -> Slot:
    paper = request.paper
    lacking = [paper.lacking[name] for name in (row.network, row.id, row.ood) if name in paper.lacking]
    reasons = [method.lacking] if method.lacking else lacking
    sets = sets_of(paper, row)
    if reasons or not sets:
        return Slot(row, method, None, "; ".join(reasons) or "none of its OOD sets can be had")
    objective = METHODS.get(method.method).objective or ""
    settings = {**paper.settings_of(row, method), **request.extra_settings}
    # What tells jobs apart: settings of sets are equal in all rows.
    key = canonical_json([row.network, row.id, objective, settings])
    job = jobs.setdefault(key, Job(row.network, row.id, objective, settings))
    for names, new in ((job.methods, [method.method]), (job.ood, sets)):
        names += [name for name in new if name not in names]
    return Slot(row, method, job)
