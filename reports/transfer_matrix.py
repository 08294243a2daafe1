"""A transfer as matrices: for each method AUROCs by what was tuned on and what was tested."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.ablation.outcome import TransferRows
from bench.errors import BenchError

from .summary import Summary, summarise

REFERENCE, NOISE, ID_ONLY = "reference", "noise", "id-only"

KINDS = {
    "own": "the test's own OOD set",
    "other": "another OOD set",
    NOISE: "noise and shuffled ID images",
    ID_ONLY: "ID images only",
}
"""What is tuned on, in words, from the paper's way to the most honest one."""

LEAST_GAIN = 0.05
"""Percentage points of mean AUROC below which a gain or loss counts as none."""


@dataclass(frozen=True)
class TransferMatrix:
    """One method's matrix. `lines` names what was tuned on, the reference first; `oods` what was tested."""

    outcome: TransferRows
    method: str

    @property
    def rows(self) -> list[dict[str, object]]:
        """The method's rows."""
        return [dict(row) for row in self.outcome.rows if row["method"] == self.method]

    @property
    def oods(self) -> list[str]:
        """The OOD sets that are tested on."""
        return list(dict.fromkeys(str(row["ood"]) for row in self.rows))

    @property
    def lines(self) -> list[str]:
        """What was tuned on."""
        return list(dict.fromkeys(str(row["tuned_on"]) for row in self.rows))

    def title(self, line: str) -> str:
        """A line's name for people."""
        words = {REFERENCE: f"{self.outcome.parameter} = {self.outcome.reference:g}", **KINDS}
        return words.get(line, line)

    def auroc(self, line: str, ood: str) -> Summary | None:
        """The AUROC over seeds."""
        return summarise(self._numbers(line, ood, "auroc"))

    def values(self, line: str) -> list[float]:
        """The values that were chosen, each once, in the order of the seeds."""
        return list(dict.fromkeys(self._numbers(line, self.oods[0], "value")))

    def gains(self, kind: str) -> list[float]:
        """What one way of tuning gains over the reference, in AUROC: a fraction for each seed and pair."""
        lines = [line for line in self.lines if line in ((kind,) if kind in (NOISE, ID_ONLY) else self.oods)]
        return [
            tuned - untouched
            for line in lines
            for ood in self.oods
            if kind not in ("own", "other") or (line == ood) == (kind == "own")
            for tuned, untouched in zip(
                self._numbers(line, ood, "auroc"), self._numbers(REFERENCE, ood, "auroc"), strict=True
            )
        ]

    def mean_gains(self) -> dict[str, float]:
        """The mean gain of each way of tuning that there is, in percentage points."""
        found = {kind: self.gains(kind) for kind in KINDS}
        return {kind: 100 * statistics.fmean(gains) for kind, gains in found.items() if gains}

    def worst(self) -> tuple[float, str, str] | None:
        """The smallest gain without the test's own OOD set, in percentage points, and between which sets it is."""
        found = [
            (100 * (tuned.mean - untouched.mean), line, ood)
            for line in self.lines
            for ood in self.oods
            if line not in (REFERENCE, ood)
            and (tuned := self.auroc(line, ood))
            and (untouched := self.auroc(REFERENCE, ood))
        ]
        return min(found, default=None)

    def _numbers(self, line: str, ood: str, name: str) -> list[float]:
        return [float(str(row[name])) for row in self.rows if row["tuned_on"] == line and row["ood"] == ood]


def matrices(outcome: TransferRows) -> list[TransferMatrix]:
    """A matrix for each method. Raises `BenchError` without rows."""
    if not outcome.rows:
        raise BenchError("There are no finished cells to report.")
    return [TransferMatrix(outcome, name) for name in dict.fromkeys(str(row["method"]) for row in outcome.rows)]


def about(outcome: TransferRows) -> list[str]:
    """The ID set, the networks and the number of seeds, in words."""
    words = [" and ".join(dict.fromkeys(str(row[name]) for row in outcome.rows)) for name in ("id", "network")]
    seeds = {row["seed"] for row in outcome.rows if row["seed"] is not None}
    counted = f"mean over {len(seeds)} seeds" if len(seeds) > 1 else "".join(f"seed {seed}" for seed in seeds)
    return [*words, *([counted] if counted else [])]


def verdict(matrix: TransferMatrix) -> str:
    """One sentence, from the figures: what tuning gains with and without the test's own OOD set."""
    gains = matrix.mean_gains()
    told = ", ".join(f"{_points(gain)} tuned on {KINDS[kind]}" for kind, gain in gains.items())
    start = f"{matrix.method}: over {matrix.title(REFERENCE)}, the mean AUROC changes by {told} (percentage points)"
    honest = {kind: gain for kind, gain in gains.items() if kind != "own"}
    better, worse = list(_where(honest, 1)), list(_where(honest, -1))
    if not better:
        end = "no way of tuning without the test's own OOD set gains anything"
    elif not worse and len(better) == len(honest):
        end = "it gains without the test's own OOD set too"
    else:
        end = f"without the test's own OOD set it gains when tuned on {_listed(better)}"
        end += f", and loses when tuned on {_listed(worse)}" if worse else ", and otherwise nothing"
    return f"{start}; {end}{_at_worst(matrix)}."


def _at_worst(matrix: TransferMatrix) -> str:
    """The pair that loses most; nothing where none loses."""
    worst = matrix.worst()
    if worst is None or worst[0] > -LEAST_GAIN:
        return ""
    gain, line, ood = worst
    return f" (at worst {_points(gain)}: tuned on {matrix.title(line)}, tested on {ood})"


def _points(gain: float) -> str:
    return f"{gain:+.2f}".replace("-", "−")


def _where(gains: dict[str, float], sign: int) -> Iterator[str]:
    """The ways of tuning whose gain has the sign and is worth a word."""
    return (KINDS[kind] for kind, gain in gains.items() if sign * gain >= LEAST_GAIN)


def _listed(words: Sequence[str]) -> str:
    return " or ".join([", ".join(words[:-1]), words[-1]] if words[1:] else words)
