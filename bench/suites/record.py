"""Which suites the results in a folder were made for: the groups that its tables show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bench.atomic import write_json
from bench.errors import BenchError
from bench.json_text import parse_json
from bench.remote import publish

from .suite import Suite, set_name

FILE = "suites.json"
VERSION = 1


@dataclass(frozen=True)
class SuiteRecord:
    """What tables need of a suite. `groups` are the names of its OOD sets, all of them, by group.

    `absent` says of sets that were asked for and could not be run why. The other names are those of `Suite`.
    """

    name: str
    title: str
    id: str
    groups: Mapping[str, tuple[str, ...]]
    metrics: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    images: Mapping[str, int] = field(default_factory=dict)
    absent: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, suite: Suite, absent: Mapping[str, str]) -> SuiteRecord:
        """That of a run of `suite` in which the sets `absent` could not be run, for the reason that each has."""
        covariate = {name: absent[name] for name in map(set_name, suite.covariate) if name in absent}
        left_out = tuple(f"Full spectrum without {name}: {why}." for name, why in covariate.items())
        groups = {group: tuple(map(set_name, sets)) for group, sets in suite.groups.items()}
        return cls(
            suite.name,
            suite.title,
            set_name(suite.id),
            groups,
            suite.metrics,
            (*suite.notes, *left_out),
            dict(suite.images),
            {name: why for name, why in absent.items() if name not in covariate},
        )

    def group_of(self, ood: str) -> str:
        """The group of an OOD set; empty for one that the suite does not have."""
        return next((group for group, sets in self.groups.items() if ood in sets), "")


def keep_suite(folder: Path, record: SuiteRecord) -> None:
    """Note in a results folder that its ID set was run with this suite; of each ID set the last suite counts."""
    kept = {**kept_suites(folder), record.id: record}
    write_json(folder / FILE, {"version": VERSION, "suites": [asdict(one) for one in kept.values()]})
    publish(folder / FILE)


def kept_suites(folder: Path) -> dict[str, SuiteRecord]:
    """By the name of the ID set, the suite that it was last run with; empty where there was none.

    Raises `BenchError` for a file that is damaged or of another version.
    """
    path = folder / FILE
    try:
        found = parse_json(path.read_text(encoding="utf-8"))
        if found["version"] != VERSION:
            raise BenchError(f"{path} was written by another version of oodbench. Delete it and run the suite again.")
        return {one["id"]: _read(one) for one in found["suites"]}
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BenchError(f"{path} is damaged. Delete it and run the suite again; no result is lost.") from error


def _read(one: Mapping[str, Any]) -> SuiteRecord:
    groups = {group: tuple(sets) for group, sets in one["groups"].items()}
    return SuiteRecord(**{**one, "groups": groups, "metrics": tuple(one["metrics"]), "notes": tuple(one["notes"])})
