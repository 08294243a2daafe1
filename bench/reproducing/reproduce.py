"""Measure a paper's table again: every row that can be run is, and each figure stands beside the published one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.atomic import require_writable, write_text
from bench.engine import Engine, EngineLostError
from bench.errors import BenchError
from bench.paper_table import TYPESETTERS, PaperTable, TableColumn, TableRow
from bench.progress import say
from bench.running.engines import EngineChoice
from bench.running.execute import execute
from bench.running.failures import Failure
from bench.store import Store

from .jobs import Job, Slot, jobs_of, slots_of
from .measuring import CellMaker, Measured
from .paper import PaperRow
from .prepared import PreparedJob, Preparer
from .request import Request
from .selection import select_rows, with_network


@dataclass(frozen=True)
class Reproduction:
    """The measured table, and the cells of the run that failed."""

    table: PaperTable
    failures: Sequence[Failure]


def chosen_rows(request: Request) -> list[PaperRow]:
    """The rows that are asked for, with the network they are run with."""
    return with_network(select_rows(request.paper.rows, request.rows), request.network)


def reproduce(request: Request, engine: Engine | None = None) -> Reproduction:
    """Run every row that can be run, and make the table of all that are asked for.

    The `engine` does it, by default one cell after the other in this process. What the results folder and the stored
    networks have already is not done again. Raises `BenchError` for bad input, and when nothing at all can be run, or
    there is nobody to do the rest.
    """
    rows = chosen_rows(request)
    slots = slots_of(rows, request)
    preparer = Preparer(request)
    prepared = [preparer.prepare(job) for job in jobs_of(slots)]
    _require_some(prepared, slots)
    require_writable(request.out)
    with engine or EngineChoice().make(request.out, request.device) as chosen:  # its workers serve all jobs
        measured = [(one.job, _run(one, chosen)) for one in prepared]
    table = _table(request, rows, slots, measured)
    return Reproduction(table, [failure for _, found in measured for failure in found.failures])


def write_table(table: PaperTable, folder: Path) -> list[Path]:
    """Write the table in every way there is to typeset it, and return the files' paths."""
    paths = []
    for ending in TYPESETTERS.names():
        paths.append(folder / f"{table.name}.{ending}")
        write_text(paths[-1], TYPESETTERS.get(ending)(table))
    return paths


def _require_some(prepared: Sequence[PreparedJob], slots: Sequence[Slot]) -> None:
    absent = dict.fromkeys(text for one in prepared for text in one.absent.values())
    left_out = dict.fromkeys([*(slot.reason for slot in slots), *(one.reason for one in prepared)])
    reasons = [text for text in [*left_out, *absent] if text]
    if not any(one.preparation for one in prepared):
        raise BenchError("\n".join(["Nothing that is asked for can be run.", *reasons]))
    for reason in reasons:
        say(f"Not run: {reason}")


def _run(one: PreparedJob, engine: Engine) -> Measured:
    """What came of a job; an error that concerns it alone, such as a diverging training, does not stop the others."""
    if one.preparation is None:
        return Measured(reason=one.reason, absent=one.absent)
    try:
        outcome = execute(one.preparation, engine)
    except EngineLostError:
        raise
    except BenchError as error:
        say(f"FAILED {one.job.network} on {one.job.id}: {error}")
        return Measured(reason=f"failed: {error}", absent=one.absent)
    images = {one.job.id: one.preparation.id_images, **one.preparation.ood_images}
    return Measured(
        outcome.rows, outcome.failures, "", one.absent, {name: len(found) for name, found in images.items()}
    )


def _table(
    request: Request, rows: Sequence[PaperRow], slots: Sequence[Slot], measured: Sequence[tuple[Job, Measured]]
) -> PaperTable:
    paper, store = request.paper, Store(request.out)
    by_job = {id(job): found for job, found in measured}
    made = []
    for row in rows:
        makers = [CellMaker(request, slot, by_job.get(id(slot.job)), store) for slot in slots if slot.row is row]
        cells = tuple(tuple(maker.cell(column) for maker in makers) for column in paper.columns)
        titles = tuple(method.title for method in row.methods)
        ood = paper.title_of(row.ood) if row.ood else ""
        places = paper.title_of(row.network), paper.title_of(row.id), ood
        replaced = paper.title_of(row.replaces) if row.replaces else ""
        made.append(TableRow(row.key, *places, titles, cells, published_of=replaced))
    columns = [TableColumn(one.metric, one.title, one.higher_is_better, one.decimals) for one in paper.columns]
    return PaperTable(
        name=paper.name,
        title=paper.title,
        citation=str(paper.citation),
        about=about(request),
        joined=paper.joined,
        columns=tuple(columns),
        rows=tuple(made),
        notes=paper.notes,
        paper_seeds=paper.seeds,
    )


def about(request: Request) -> str:
    """Recipe, seeds and protocol in words."""
    seeds = request.seeds
    spelt = f"seed {seeds[0]}" if len(seeds) == 1 else f"seeds {seeds[0]} to {seeds[-1]}"
    return f"recipe {request.training_recipe}, {spelt}, protocol {request.paper.protocol}"
