"""The verdict on a pair, in words, with the evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from .duplicates import Duplicates
from .linear_probe import ProbeResult
from .separation import Separation

Kind = Literal["contaminated", "overlapping", "shortcut", "sound"]

SHORTCUT = 0.9
"""The AUROC from which on one statistic alone is a shortcut."""

PROBE_SHORTCUT = 0.95
"""The same of a linear probe, which has seen OOD images and many numbers of each."""

TRIVIAL = 0.99

CONTAMINATED = 0.005
"""The share of near-duplicates from which on a set counts as contaminated; below, false alarms may be all there is."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with a pair."""

    kind: Kind
    evidence: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.evidence}"


def findings(
    statistics: Sequence[Separation],
    probes: Sequence[ProbeResult],
    duplicates: Sequence[Duplicates],
    shared_classes: Sequence[tuple[str, str]],
) -> list[Finding]:
    """What is wrong with a pair, the worst first; nothing for a sound one. `statistics` begin with the best."""
    return [
        *(Finding("contaminated", one.words) for one in duplicates if _contaminates(one)),
        *([Finding("overlapping", f"both sets have classes named {_named(shared_classes)}")] if shared_classes else []),
        *_shortcuts(statistics, probes),
    ]


def verdict(found: Sequence[Finding], statistics: Sequence[Separation], probes: Sequence[ProbeResult]) -> str:
    """The findings as one line; of a sound pair what its best statistic and probe reach."""
    if found:
        return "; ".join(map(str, found))
    said = [f"{one.statistic} alone reaches {one.auroc:.2f}" for one in statistics[:1]]
    best = max(probes, key=lambda one: one.auroc, default=None)
    said += [f"a linear probe on {best.features} {best.auroc:.2f}"] if best else []
    return f"sound: {', '.join(said)}" if said else "sound"


def _contaminates(one: Duplicates) -> bool:
    return bool(one.exact) or one.count > CONTAMINATED * one.images


def _shortcuts(statistics: Sequence[Separation], probes: Sequence[ProbeResult]) -> list[Finding]:
    reached = [(one.auroc, f"{one.statistic} alone") for one in statistics[:1] if one.auroc >= SHORTCUT]
    best = max(probes, key=lambda one: one.auroc, default=None)
    if best is not None and best.auroc >= PROBE_SHORTCUT and not reached:
        reached = [(best.auroc, f"a linear probe on {best.features}")]
    trivially = "trivially separable, "
    return [
        Finding("shortcut", f"{trivially if auroc >= TRIVIAL else ''}{what} reaches {_digits(auroc)}")
        for auroc, what in reached
    ]


def _digits(auroc: float) -> str:
    """Two digits, and more near 1, which only an AUROC of 1 is rounded to."""
    return f"{auroc:.2f}" if auroc < TRIVIAL else f"{min(auroc, 0.9999):.4f}" if auroc < 1 else "1"


def _named(pairs: Sequence[tuple[str, str]]) -> str:
    return ", ".join(dict.fromkeys(one for one, _ in pairs))
