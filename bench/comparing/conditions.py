"""Conditions that make a comparison fail, as `--fail-if` takes them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from bench.errors import BenchError, UnknownNameError
from bench.statistics import METRICS

from .compare import Comparison
from .testing import Change

ROWS_MISSING = "rows missing"

_FORM = re.compile(
    r"(?P<metric>\w+) +(?P<really>really +)?(?P<verb>drops|rises|changes) *(?:> *(?P<points>\d+\.?\d*|\.\d+) *%?)?"
)


@dataclass(frozen=True)
class Condition:
    """`metric` drops, rises or changes (`verb`) by more than so many percentage `points`, in some row.

    With `really` only differences count that are real. The condition of missing rows has no metric.
    """

    text: str
    metric: str | None
    verb: str = ""
    points: float = 0.0
    really: bool = False

    def breaches(self, comparison: Comparison) -> list[str]:
        """What meets the condition, in words; nothing where all is well."""
        if self.metric is None:
            return [f"{one.words} is missing" for one in comparison.only_first]
        return [_words(change) for change in comparison.changes if self._holds(change)]

    def _holds(self, change: Change) -> bool:
        if change.metric != self.metric or (self.really and change.verdict != "real"):
            return False
        if change.delta is None:
            return change.first is not None and change.second is None  # a figure that is gone
        # As percentages are written, so that 0.1 is not less than 0.1.
        points = round(100 * change.delta, 10)
        moved = {"drops": -points, "rises": points, "changes": abs(points)}[self.verb]
        return moved > self.points


def parse_condition(text: str) -> Condition:
    """The condition in words: `auroc drops > 0.5`, `fpr_at_95_tpr really rises`, `rows missing`.

    Points are percentage points; without any, every drop counts. Raises `BenchError` for anything else.
    """
    if text.strip() == ROWS_MISSING:
        return Condition(text, None)
    found = _FORM.fullmatch(text.strip())
    if found is None:
        raise BenchError(
            f"Cannot read the condition '{text}'. Write METRIC drops > POINTS, as in 'auroc drops > 0.5' (percentage "
            "points); rises or changes instead of drops; 'auroc really drops' for real differences only; or "
            f"'{ROWS_MISSING}'."
        )
    if found["metric"] not in METRICS:
        raise UnknownNameError(f"metric in '{text}':", found["metric"], METRICS)
    return Condition(text, found["metric"], found["verb"], float(found["points"] or 0), bool(found["really"]))


def metrics_of(conditions: Iterable[Condition]) -> list[str]:
    """The metrics that the conditions are about, each once."""
    return list(dict.fromkeys(one.metric for one in conditions if one.metric is not None))


def _words(change: Change) -> str:
    if change.delta is None:
        return f"{change.slot.words}: {change.metric} is undefined now"
    return f"{change.slot.words}: {change.metric} {100 * change.delta:+.2f} points ({change.verdict})"
