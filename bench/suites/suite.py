"""What a suite is, and the parts of one that a run asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.citation import Citation
from bench.data.bindings import Binding
from bench.errors import BenchError, UnknownNameError

COVARIATE = "covariate"
"""The group whose sets show the classes of the ID set under a covariate shift: they are no OOD sets."""

USUAL_GROUPS = ("near", "far", "noise", COVARIATE)
"""The groups of the literature; a suite may have others."""

METRICS = (
    "auroc",
    "fpr_at_95_tpr",
    "fpr_at_95_tpr_ood",
    "fpr_at_95_tpr_band",
    "detection_error",
    "aupr_in",
    "aupr_out",
)
"""The metrics that a suite may want to be shown first."""


@dataclass(frozen=True)
class Archive:
    """A set as the suite's authors give it away: the keys of a binding, whose paths count from the folder of data sets.

    `otherwise` is what a reader must know where that is not on the machine, and the registered set is tested instead.
    """

    table: Mapping[str, Any]
    otherwise: str = ""


@dataclass(frozen=True)
class Suite:
    """An ID set, and the OOD sets that it is tested against, by groups.

    Sets are names of data sets, or `NAME=KIND:PATH`. `groups` holds the OOD sets, `covariate` the sets of the ID
    classes under a covariate shift; no set occurs twice. `tune_on` is the set that heldout-ood tunes on, empty where
    the suite has none. `metrics` are those that tables show first, `notes` what a reader of its figures must know.
    `images` is how many images its authors test on, by set, as far as that is known. `settings` and `bindings` are as
    in a run file. `archives` are the sets as the authors give them away, which take the place of the registered ones
    where they are in the folder of data sets (`bench.suites.archives`). `origin` is the file that says all this.
    """

    name: str
    title: str
    id: str
    groups: Mapping[str, tuple[str, ...]]
    summary: str = ""
    citation: Citation | None = None
    covariate: tuple[str, ...] = ()
    tune_on: str = ""
    metrics: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    images: Mapping[str, int] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    bindings: Mapping[str, Binding] = field(default_factory=dict)
    archives: Mapping[str, Archive] = field(default_factory=dict)
    origin: Path | None = None

    @property
    def ood(self) -> tuple[str, ...]:
        """Every OOD set, group by group."""
        return tuple(one for sets in self.groups.values() for one in sets)

    @property
    def all_notes(self) -> tuple[str, ...]:
        """The notes, with those that hold where no archive is on the machine."""
        return (*self.notes, *(one.otherwise for one in self.archives.values() if one.otherwise))

    def narrowed(self, ood: Sequence[str] = (), groups: Sequence[str] = ()) -> tuple[str, ...]:
        """The OOD sets that have one of the names `ood` or are in one of `groups`; all where neither says anything.

        Raises `UnknownNameError` for a set or group that the suite does not have, and `BenchError` for its covariate
        sets, which are no OOD sets.
        """
        if COVARIATE in groups and self.covariate:
            raise BenchError(
                f"The sets in the group '{COVARIATE}' of the suite {self.name} show its ID classes: they are no OOD "
                "sets. Name another --group."
            )
        for group in groups:
            if group not in self.groups:
                raise UnknownNameError(f"group of the suite {self.name}:", group, self.groups)
        known = {set_name(one): one for one in self.ood}
        for one in ood:
            if set_name(one) not in known:
                raise UnknownNameError(f"OOD set of the suite {self.name}:", set_name(one), known)
        asked = {set_name(one): one for one in ood}
        named = {name for group in groups for name in map(set_name, self.groups[group])} | set(asked)
        return tuple(asked.get(name, one) for name, one in known.items() if name in named or not named)


def set_name(text: str) -> str:
    """The name of a set that is written as a name or as `NAME=KIND:PATH`."""
    return text.partition("=")[0]
