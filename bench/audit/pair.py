"""The audit of one pair."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from .class_names import related_class_names, shared_class_names
from .duplicates import Duplicates, Library
from .linear_probe import ProbeResult, linear_probe
from .look import Look
from .separation import Separation, separations
from .verdict import Finding, findings, verdict


@dataclass(frozen=True)
class PairAudit:
    """What was found of the OOD set `ood` beside an ID set; `duplicates` go with `libraries`, one by one."""

    ood: str
    seen: Look
    statistics: list[Separation]
    probes: list[ProbeResult]
    libraries: tuple[Library, ...]
    duplicates: list[Duplicates]
    shared_classes: list[tuple[str, str]]
    remarks: list[str]

    @property
    def findings(self) -> list[Finding]:
        """What is wrong with the pair, the worst first."""
        return findings(self.statistics, self.probes, self.duplicates, self.shared_classes)

    @property
    def verdict(self) -> str:
        """One line for people, such as `shortcut: total variation alone reaches 0.97`."""
        return verdict(self.findings, self.statistics, self.probes)

    def to_dict(self) -> dict[str, Any]:
        """As plain data; docs/audit.md tells what each key means."""
        found = self.findings
        return {
            "ood": self.ood,
            "verdict": self.verdict,
            "kind": found[0].kind if found else "sound",
            "findings": [asdict(one) for one in found],
            "remarks": self.remarks,
            "statistics": [asdict(one) for one in self.statistics],
            "probes": [{**asdict(one), "images": list(one.images)} for one in self.probes],
            "duplicates": [
                one.to_dict(library.seen, self.seen)
                for one, library in zip(self.duplicates, self.libraries, strict=True)
            ],
            "shared_classes": [list(pair) for pair in self.shared_classes],
            "periodicity": None if self.seen.periodicity is None else asdict(self.seen.periodicity),
            "facts": self.seen.facts.to_dict(),
        }


def audit_pair(libraries: Sequence[Library], name: str, seen: Look, *, seed: int) -> PairAudit:
    """Compare an OOD set with the ID test images, the first of `libraries`, and with the training images, if any."""
    test = libraries[0].seen
    probes = [linear_probe(one, test.features[one], seen.features[one], seed=seed) for one in test.features]
    classes = test.images.classes, seen.images.classes
    return PairAudit(
        name,
        seen,
        separations(test.statistics, seen.statistics),
        [one for one in probes if one is not None],
        tuple(libraries),
        [one.duplicates(name, seen) for one in libraries],
        shared_class_names(*classes),
        _remarks(test, seen, related_class_names(*classes)),
    )


def _remarks(test: Look, seen: Look, related: Sequence[tuple[str, str]]) -> list[str]:
    """What is worth knowing and makes no verdict."""
    remarks = [seen.images.note] if seen.images.note else []
    if set(seen.facts.sizes) != set(test.facts.sizes):
        sizes = [f"{one.facts.sizes.most_common(1)[0][0]} pixels" for one in (seen, test)]
        remarks.append(f"Most OOD images have {sizes[0]}, most ID images {sizes[1]}: they are brought to one size.")
    if seen.facts.constant:
        remarks.append(f"{len(seen.facts.constant):,} OOD images are constant.")
    grey = sum(count for mode, count in seen.facts.modes.items() if mode.startswith("grey"))
    if grey and not any(mode.startswith("grey") for mode in test.facts.modes):
        remarks.append(f"{grey:,} OOD images are grey, and no ID image is.")
    if seen.periodicity and seen.periodicity.remarkable and not (test.periodicity and test.periodicity.remarkable):
        period, prominence = seen.periodicity.period, seen.periodicity.prominence
        remarks.append(
            f"OOD images have traces with a period of {period:g} pixels ({prominence:.1f} times its neighbours), as "
            "resizing and JPEG's blocks leave them; ID images have none."
        )
    if related:
        alike = ", ".join(f"{one} and {other}" for one, other in related[:10])
        remarks.append(f"Classes that may be alike: {alike}.")
    return remarks
