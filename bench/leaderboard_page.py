"""What a leaderboard page is: it turns the rows of many runs into one text for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.registry import registers, registry
from bench.report import Results

leaderboard_page = registers("leaderboard_page")
"""Decorator that registers a function from `LeaderboardMaterial` to text, by the name of a format:
`@leaderboard_page("html")`."""

LEADERBOARD_PAGES = registry("leaderboard_page")


@dataclass(frozen=True)
class KeptRun:
    """One run: its unique `name`, its results, and of each row's key the cell that determined it.

    `provenance` tells how its cells came about, a mapping for each way; `report` is the address of the run's report,
    relative to the page, empty where there is none.
    """

    name: str
    results: Results
    cells: Mapping[str, Mapping[str, Any]]
    provenance: Sequence[Mapping[str, Any]] = ()
    report: str = ""


@dataclass(frozen=True)
class LeaderboardMaterial:
    """The runs, what each method looks at as far as that is known, and the command that makes the page again."""

    runs: Sequence[KeptRun]
    groups: Mapping[str, str] = field(default_factory=dict)
    command: str = "bench leaderboard"
