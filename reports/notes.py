"""The notes below a table: bindings, parameters, warnings and why a figure is missing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from .blocks import Block, Entry, Section
from .result_row import ResultRow, grouped
from .summary import percent

MOST_NAMED = 8
"""Baselines of more OOD sets than these are counted instead of named."""


class Notes:
    """Numbers notes from 1 in the order of their first use; a text used twice keeps its number."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def marks(self, *texts: str) -> tuple[int, ...]:
        """The numbers of the texts that are not empty."""
        return tuple(self._numbers.setdefault(text, len(self._numbers) + 1) for text in texts if text)

    @property
    def texts(self) -> tuple[str, ...]:
        """All notes; the first has number 1."""
        return tuple(self._numbers)


def suite_note(block: Block) -> str:
    """The suite of a block: what must be known of its figures, and how many images its authors test on, where fewer or
    more are tested here; empty without a suite.
    """
    suite = block.suite
    if suite is None or not suite.title:
        return ""
    here = {suite.id: block.n_id} | {section.ood: section.n_ood for section in block.sections}
    differing = [
        f"{name} {count:,} ({suite.images[name]:,})"
        for name, count in here.items()
        if suite.images.get(name, count) != count
    ]
    counts = [f"Images here (and there): {', '.join(differing)}."] if differing else []
    return " ".join([f"Suite {suite.name}, {suite.title}.", *suite.notes, *counts])


def section_note(section: Section) -> str:
    """Where the OOD images come from, and what parameters were tuned on; empty when there is nothing to say."""
    tuned = f"parameters tuned on {section.tuned_on}" if section.tuned_on else ""
    words = [word for word in (section.ood_note, tuned) if word]
    return f"{section.ood}: {'; '.join(words)}" if words else ""


def network_notes(block: Block) -> list[str]:
    """What must be known of the block's networks: what was assumed of them, and which methods were left out."""
    notes = (row.network_note for entry in block.entries for row in entry.rows)
    return [f"{block.network}: {note}" for note in dict.fromkeys(notes) if note]


def parameter_note(block: Block, label: str) -> str:
    """The parameters of a method: those that vary with the OOD set or the seed as `value (where)`."""
    places = [
        (row, f"{section.ood} seed {row.seed}" if len(entry.rows) > 1 else section.ood)
        for section in block.sections
        for entry in section.entries
        if entry.label == label
        for row in entry.rows
    ]
    names = dict.fromkeys(name for row, _ in places for name in row.parameters)
    return f"{label}: {', '.join(_values(name, places) for name in names)}" if names else ""


def warning_notes(section: Section, entry: Entry) -> list[str]:
    """The warnings of an entry's rows, those of several seeds with the seed."""
    warned = [row for row in entry.rows if row.warnings]
    by_text = grouped(warned, lambda row: row.warnings)
    return [f"{entry.label}, {section.ood}: {text}{_of_seeds(rows, entry)}" for text, rows in by_text.items()]


def untested_note(block: Block, section: Section, entry: Entry) -> str:
    """Why an entry has no mark though it may be as good as the best; empty where it was tested, or nothing was."""
    if block.evidence is None or not block.evidence.lacks(entry):
        return ""
    return f"{entry.label}, {section.ood}: not tested, as its scores are gone"


def trivial_note(block: Block) -> str:
    """What marks figures that do not beat what pixels alone reach; empty where no such baseline was run."""
    if block.evidence is None:
        return ""
    best = []
    for section in block.sections:
        place = block.evidence.best_trivial(section.entries)
        auroc = None if place is None else section.entries[place].rows[0].metrics["auroc"]
        if place is not None and auroc is not None:
            best.append(f"{section.ood} {section.entries[place].label} {percent(auroc, 1)}")
    named = ", ".join(best) if len(best) <= MOST_NAMED else f"on {len(best)} sets"
    return f"AUROC not significantly above the best trivial baseline ({named})" if best else ""


def undefined_note(entry: Entry, metric: str) -> str:
    """Why a dash stands in place of a figure."""
    missing = [row for row in entry.rows if row.metrics[metric] is None]
    return f"undefined for these scores{_of_seeds(missing, entry)}"


def _values(name: str, places: Sequence[tuple[ResultRow, str]]) -> str:
    by_value = grouped(places, lambda place: _plain(place[0].parameters.get(name)))
    if len(by_value) == 1:
        return f"{name} = {next(iter(by_value))}"
    return f"{name} = " + ", ".join(
        f"{value} ({', '.join(where for _, where in group)})" for value, group in by_value.items()
    )


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False).removesuffix(".0")


def _of_seeds(rows: Sequence[ResultRow], entry: Entry) -> str:
    if len(rows) == len(entry.rows):
        return ""
    return f" (seed {', '.join(str(row.seed) for row in rows)})"
