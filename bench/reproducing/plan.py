"""The plan of a reproduction, for `--dry-run`: rows, networks, missing data, and about how long it takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bench.device import pick_device
from bench.progress import format_seconds
from bench.training.train import TrainingPlan
from bench.wording import counted

from .estimate import Estimator
from .jobs import Slot, jobs_of, sets_of, slots_of
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
    states = [_row_state(preparer, [slot for slot in slots if slot.row is row], prepared) for row in rows]
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


def _row_state(preparer: Preparer, slots: Sequence[Slot], prepared: Sequence[PreparedJob]) -> str:
    """`run`, `run in part` or `not run`, with the reasons."""
    of_job = {id(one.job): one for one in prepared}
    reasons, done = [], 0
    for slot in slots:
        one = of_job[id(slot.job)] if slot.job is not None else None
        if one is None or one.preparation is None:
            reasons.append(slot.reason if one is None else one.reason)
            continue
        wanted = sets_of(preparer.request.paper, slot.row)
        absent = [name for name in wanted if name in one.absent]
        reasons += [preparer.not_at_hand(absent)] if absent else []
        done += len(absent) < len(wanted)
    why = f": {'; '.join(dict.fromkeys(reasons))}" if reasons else ""
    return ("run" if not reasons else "run in part" if done else "not run") + why


def _network_lines(prepared: Sequence[PreparedJob], estimator: Estimator) -> Iterator[str]:
    """The networks of the jobs that can be run, and about how long their trainings and tests take."""
    plans: dict[str, TrainingPlan] = {}
    settings: dict[str, dict[str, Any]] = {}
    training = tests = 0.0
    for one in prepared:
        if one.preparation is None:
            continue
        tests += estimator.testing(one.preparation)
        for plan in (need.plan for need in one.preparation.needs if need.plan is not None):
            if plan.key not in plans:
                training += estimator.training(plan, len(one.preparation.train_images))
            plans[plan.key], settings[plan.key] = plan, one.job.settings
    if not plans:
        return
    yield from ("", f"Networks: {len(plans)}")
    kinds: dict[str, list[TrainingPlan]] = {}
    for plan in plans.values():
        kinds.setdefault(_kind(plan, settings[plan.key]), []).append(plan)
    yield from (f"  {kind}: {_states(several)}" for kind, several in kinds.items())
    yield ""
    yield f"Estimated time: {_duration(training)} of training, at most {_duration(tests)} of tests"


def _kind(plan: TrainingPlan, settings: Mapping[str, Any]) -> str:
    """What networks that differ in their seed alone have in common."""
    changed = [f"{key.removeprefix('recipe.')} = {value}" for key, value in settings.items() if "recipe." in key]
    recipe = " with ".join([f"recipe {plan.recipe.name}", *([", ".join(changed)] if changed else [])])
    epochs = counted(plan.recipe.epochs, "epoch")
    return f"{plan.network} on {plan.id_dataset}, {plan.objective}, {recipe}, {epochs}"


def _states(plans: Sequence[TrainingPlan]) -> str:
    """Which seeds are found trained and which are to be trained."""
    seeds: dict[str, list[int]] = {}
    for plan in plans:
        seeds.setdefault("found trained" if plan.path.exists() else "to train", []).append(plan.seed)
    words = {state: "seed" if len(several) == 1 else "seeds" for state, several in seeds.items()}
    return "; ".join(f"{words[state]} {', '.join(map(str, several))} {state}" for state, several in seeds.items())


def _duration(seconds: float) -> str:
    return format_seconds(seconds) if seconds < DAY else f"{seconds / DAY:.1f} days"


def _missing_lines(prepared: Sequence[PreparedJob]) -> Iterator[str]:
    absent = dict.fromkeys(text for one in prepared for text in one.absent.values())
    if absent:
        yield from ("", "Data that are missing:")
        yield from (f"  {line}" for text in absent for line in text.splitlines())
