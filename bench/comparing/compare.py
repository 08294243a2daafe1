"""Two runs side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bench.errors import BenchError, UnknownNameError
from bench.running.estimates import Estimates
from bench.statistics import METRICS, holm
from bench.store import no_results

from .settings import SettingChange, changed_settings, changed_versions
from .slots import Lone, match
from .testing import Change, Tester
from .untouched import UntouchedStore

USUAL_METRICS = ("auroc", "fpr_at_95_tpr")
SIGNIFICANT = 0.05


@dataclass(frozen=True)
class Comparison:
    """What differs between two runs: `changes`, one for each matched slot and metric; `settings` that changed, and
    `versions` of packages, code and machine by name; the slots that only one of them has, and the seeds
    that only one has in a slot of both.
    """

    changes: tuple[Change, ...]
    settings: tuple[SettingChange, ...]
    versions: dict[str, tuple[str, str]]
    only_first: tuple[Lone, ...]
    only_second: tuple[Lone, ...]

    @property
    def real(self) -> list[Change]:
        """The differences that are real at 5 %, corrected over all that were tested, the largest first."""
        found = [change for change in self.changes if change.verdict == "real"]
        return sorted(found, key=lambda change: -abs(change.delta or 0.0))


def compare_runs(first: Path, second: Path, metrics: Sequence[str] = USUAL_METRICS) -> Comparison:
    """Compare the results kept in two folders, in which nothing is changed.

    Raises `BenchError` where one has no results or none of their rows answer the same question, `UnknownNameError` for
    a metric that rows do not have.
    """
    for metric in metrics:
        if metric not in METRICS:
            raise UnknownNameError("metric", metric, METRICS)
    records = [UntouchedStore(folder).records() for folder in (first, second)]
    for folder, found in zip((first, second), records, strict=True):
        if not found:
            raise no_results(folder)
    matches, only_first, only_second = match(*records)
    if not matches:
        raise BenchError(
            f"{first} and {second} have no row in common: none has the same method, sets, network, objective and "
            f"protocol. The first has {only_first[0].words}, the second {only_second[0].words}."
        )
    tester = Tester(*(Estimates(UntouchedStore(folder), keep=False) for folder in (first, second)))
    tester.prepare(matches)
    changes = [tester.change(one, metric) for one in matches for metric in metrics]
    return Comparison(
        changes=tuple(corrected(changes)),
        settings=tuple(changed_settings(matches)),
        versions=changed_versions(*records),
        only_first=tuple(only_first),
        only_second=tuple(only_second),
    )


def corrected(changes: Sequence[Change]) -> list[Change]:
    """The changes with p-values corrected over all that were tested (Holm), and what follows from them."""
    tested = [place for place, change in enumerate(changes) if change.difference is not None]
    p_values = [change.difference.p_value for change in changes if change.difference is not None]
    found = list(changes)
    for place, corrected in zip(tested, holm(p_values), strict=True):
        verdict = "real" if corrected < SIGNIFICANT else "not significant"
        found[place] = replace(changes[place], p_corrected=float(corrected), verdict=verdict)
    return found
