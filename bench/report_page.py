"""What a report page is: it turns everything that is known of a run into one text for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.registry import registers, registry
from bench.report import Results

report_page = registers("report_page")
"""Decorator that registers a function from `PageMaterial` to text, by the name of a format: `@report_page("html")`."""

REPORT_PAGES = registry("report_page")


@dataclass(frozen=True)
class Thumbnail:
    """A small image as a `data:` address, and what is said below it."""

    source: str
    caption: str


@dataclass(frozen=True)
class Gallery:
    """Images of one set that a method is most wrong about, the worst first."""

    title: str
    images: Sequence[Thumbnail]


@dataclass(frozen=True)
class PageMaterial:
    """What a page is made of.

    `groups` says of each method's name what it looks at (`baselines`, `logits`, …); a method that is not known here is
    absent. `provenance` tells how the cells came about, a mapping for each way; `audits` are
    documents on pairs of sets, as `bench audit` writes them, by the names of their files, `sheets` pictures of the
    duplicates that these found; `transfers` are the rows of a parameter's transfer, as
    `bench ablate` writes them; `remarks` say what is missing and why. `command` makes this page again.
    """

    results: Results
    groups: Mapping[str, str]
    provenance: Sequence[Mapping[str, Any]] = ()
    audits: Mapping[str, Any] = field(default_factory=dict)
    sheets: Sequence[Thumbnail] = ()
    transfers: Sequence[Mapping[str, Any]] = ()
    galleries: Sequence[Gallery] = ()
    remarks: Sequence[str] = ()
    command: str = "bench report"
