"""`bench compare`: what changed between two runs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .results_folder import results

if TYPE_CHECKING:
    from bench.comparing import Comparison
    from bench.comparing.conditions import Condition
    from bench.comparing.slots import Lone
    from bench.comparing.testing import Change

FAILED = 1


class CompareFormat(StrEnum):
    """How a comparison is printed: for people (percent), or exactly for machines."""

    TABLE = "table"
    JSON = "json"


def compare(
    first: Annotated[Path, typer.Argument(metavar="RUN_A", parser=results, help="Results folder of bench run --out.")],
    second: Annotated[
        Path, typer.Argument(metavar="RUN_B", parser=results, help="Another one; differences are B minus A.")
    ],
    metric: Annotated[
        list[str] | None, typer.Option(help="Metric to compare (default: auroc and fpr_at_95_tpr).")
    ] = None,
    fail_if: Annotated[
        list[str] | None,
        typer.Option(
            help="End with exit code 1 if so: 'auroc drops > 0.5' (percentage points), 'auroc really drops' (real "
            "differences only), 'rows missing'."
        ),
    ] = None,
    output_format: Annotated[
        CompareFormat, typer.Option("--format", help="table shows percent; json holds fractions.")
    ] = CompareFormat.TABLE,
) -> None:
    """Say what changed from one run to another, and which differences are real.

    Two runs on the same networks are compared image by image; where networks differ, several seeds on both sides are
    needed to tell a difference from chance. Example:

    bench compare runs/before runs/after --fail-if 'auroc drops > 0.5'
    """
    from bench.comparing import compare_runs, parse_condition
    from bench.comparing.compare import USUAL_METRICS
    from bench.comparing.conditions import metrics_of
    from bench.progress import say

    conditions = [parse_condition(text) for text in fail_if or []]
    found = compare_runs(first, second, list(dict.fromkeys([*(metric or USUAL_METRICS), *metrics_of(conditions)])))
    print(_as_json(found, conditions) if output_format is CompareFormat.JSON else "\n".join(_lines(found)))
    breached = False
    for condition in conditions:
        for words in condition.breaches(found):
            breached = True
            say(f"Failed, {condition.text}: {words}")
    if breached:
        raise typer.Exit(FAILED)


def _as_json(found: Comparison, conditions: Sequence[Condition]) -> str:
    changes = [
        {**asdict(change), "delta": change.delta, "resolves": change.difference and change.difference.resolves}
        for change in found.changes
    ]
    content: dict[str, Any] = {
        "changes": changes,
        "settings": [asdict(change) for change in found.settings],
        "versions": found.versions,
        "only_first": [_lone(one) for one in found.only_first],
        "only_second": [_lone(one) for one in found.only_second],
        "failed": {condition.text: condition.breaches(found) for condition in conditions},
    }
    return json.dumps(content, indent=1, allow_nan=False)


def _lone(one: Lone) -> dict[str, Any]:
    return {**asdict(one.slot), "seed": one.seed, "weights": one.weights}


def _lines(found: Comparison) -> Iterator[str]:
    yield _verdict(found)
    yield from _changes(found)
    for title, lone in (("Only in the first", found.only_first), ("Only in the second", found.only_second)):
        if lone:
            yield f"\n{title} ({len(lone)}):"
            yield from (
                f"  {one.words} ({one.slot.network}, {one.slot.objective}, {one.slot.protocol})" for one in lone
            )
    if found.settings:
        yield "\nSet otherwise:"
        yield from _settings(found)
    if found.versions:
        yield "\nOther versions:"
        yield from (f"  {name}: {old} → {new}" for name, (old, new) in found.versions.items())


def _verdict(found: Comparison) -> str:
    tested = sum(change.difference is not None for change in found.changes)
    undecided = sum(change.verdict == "undecided" for change in found.changes)
    unchanged = sum(change.verdict == "unchanged" for change in found.changes)
    counts = f"{len(found.changes)} figures compared: {unchanged} unchanged, {tested} tested, {undecided} undecided."
    if not found.real:
        return f"{counts} No difference is real at 5 % (Holm-corrected)."
    methods = ", ".join(dict.fromkeys(change.slot.method for change in found.real))
    return f"{counts} {len(found.real)} are real at 5 % (Holm-corrected), of: {methods}."


def _changes(found: Comparison) -> Iterator[str]:
    """The figures that are not the same, real differences first, and what they were held against."""
    order = {"real": 0, "not significant": 1, "undecided": 2, "undefined": 3}
    shown = sorted(
        (change for change in found.changes if change.verdict != "unchanged"),
        key=lambda change: (order[change.verdict], -abs(change.delta or 0.0)),
    )
    if not shown:
        return
    rows = [("", "metric", "A", "B", "B - A", "95 % interval", "resolves", "p", "verdict"), *map(_cells, shown)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    yield ""
    for row in rows:
        yield "  ".join(
            cell.ljust(width) if place in (0, 1, 8) else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
    yield "\nIn percent, differences in points; p corrected over all that were tested. A true difference as large as"
    yield "what a test resolves would be found four times out of five, before the correction. Held against:"
    for basis in dict.fromkeys(change.basis for change in shown):
        yield f"  {basis}."


def _cells(change: Change) -> tuple[str, ...]:
    tested = change.difference
    interval = "–" if tested is None else f"{100 * tested.interval.low:+.2f} … {100 * tested.interval.high:+.2f}"
    resolves = "–" if tested is None else f"{100 * tested.resolves:.2f}"
    p_value = "–" if change.p_corrected is None else f"{change.p_corrected:.2g}"
    delta = "–" if change.delta is None else f"{100 * change.delta:+.2f}"
    figures = ("–" if figure is None else f"{100 * figure:.2f}" for figure in (change.first, change.second))
    return change.slot.words, change.metric, *figures, delta, interval, resolves, p_value, change.verdict


def _settings(found: Comparison) -> Iterator[str]:
    """Each change of a setting once, with the slots that it is found in."""
    grouped: dict[tuple[str, str, str], list[str]] = {}
    for change in found.settings:
        by_method = f"{change.slot.method}: " if change.name not in ("seeds", "networks") else ""
        grouped.setdefault((f"{by_method}{change.name}", change.first, change.second), []).append(change.slot.ood)
    for (name, old, new), oods in grouped.items():
        yield f"  {name} {old} → {new} ({', '.join(dict.fromkeys(oods))})"
