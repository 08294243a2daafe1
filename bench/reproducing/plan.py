"""The plan of a reproduction, for `--dry-run`: rows, networks, missing data, and about how long it takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bench.device import pick_device
from bench.progress import format_seconds
from bench.wording import counted

from .estimate import Estimator
from .jobs import Slot, jobs_of, slots_of
from .paper import Paper
from .prepared import PreparedJob, Preparer
from .reproduce import about, chosen_rows
from .request import Request

DAY = 86_400


def plan_lines(request: Request) -> list[str]:
    """What would be done. Raises `BenchError` for bad input, as the run itself would."""
    rows = chosen_rows(request)
    slots = slots_of(rows, request)
    preparer = Preparer(request)
    prepared = [preparer.prepare(job) for job in jobs_of(slots)]
    device = pick_device(request.device)
    states = [_row_state(request.paper, [slot for slot in slots if slot.row is row], prepared) for row in rows]
    width = max(len(row.key) for row in rows)
    runnable = sum(state.startswith("run") for state in states)
    return [
        request.paper.title,
        f"{about(request)}, on {device}; results in {request.out}",
        "",
        f"Rows: {counted(len(rows), 'row')}, {runnable} of which can be run",
        *(f"  {row.key:<{width}}  {state}" for row, state in zip(rows, states, strict=True)),
        *_network_lines(prepared, Estimator(device)),
        *_missing_lines(prepared),
    ]


def _row_state(paper: Paper, slots: Sequence[Slot], prepared: Sequence[PreparedJob]) -> str:
    """`run`, `run in part` or `not run`, with the reasons."""
    of_job = {id(one.job): one for one in prepared}
    reasons, done = [], 0
    for slot in slots:
        one = of_job[id(slot.job)] if slot.job is not None else None
        if one is None or one.preparation is None:
            reasons.append(slot.reason if one is None else one.reason)
            continue
        wanted = [slot.row.ood] if slot.row.ood else [name for column in paper.columns for name in column.ood]
        absent = [paper.title_of(name) for name in dict.fromkeys(wanted) if name in one.absent]
        reasons += [f"{', '.join(absent)} not at hand"] if absent else []
        done += len(absent) < len(dict.fromkeys(wanted))
    why = f": {'; '.join(dict.fromkeys(reasons))}" if reasons else ""
    return ("run" if not reasons else "run in part" if done else "not run") + why


def _network_lines(prepared: Sequence[PreparedJob], estimator: Estimator) -> Iterator[str]:
    """The networks of the jobs that can be run, each once, with the time that its training and tests take."""
    lines: dict[str, float] = {}
    tests = 0.0
    for one in prepared:
        if one.preparation is None:
            continue
        tests += estimator.testing(one.preparation, one.preparation.needs)
        for need in one.preparation.needs:
            text = f"{one.job.id}: {need.describe().rpartition(': ')[0]}"
            lines.setdefault(text, estimator.training(need, len(one.preparation.train_images)))
    if not lines:
        return
    yield from ("", f"Networks: {len(lines)}")
    yield from (f"  {text}{_duration(', about ', seconds) if seconds else ''}" for text, seconds in lines.items())
    total = sum(lines.values())
    yield ""
    yield f"Estimated time:{_duration(' ', total)} of training,{_duration(' ', tests)} of tests that are not kept yet"


def _duration(before: str, seconds: float) -> str:
    return before + (format_seconds(seconds) if seconds < DAY else f"{seconds / DAY:.1f} days")


def _missing_lines(prepared: Sequence[PreparedJob]) -> Iterator[str]:
    absent = dict.fromkeys(text for one in prepared for text in one.absent.values())
    if absent:
        yield from ("", "Data that are missing:")
        yield from (f"  {line}" for text in absent for line in text.splitlines())
