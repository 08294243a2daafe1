"""The report of a run as one HTML file that needs no network and nothing beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.report_page import PageMaterial, report_page

from .blocks import Block
from .html_page import json_in_script, metric_choices, render
from .page_answer import TRIVIAL
from .page_block import PageBlock
from .ranking import choice_of
from .result_row import grouped
from .style import DASHES, Look, looks
from .suite_blocks import suite_blocks
from .summary import percent

SCRIPTS = ("dom.js", "state.js", "table.js", "chart.js", "curves.js", "panels.js", "overview.js", "ranks.js", "main.js")
"""The files of the page's script, in the order in which they stand in it."""


@report_page("html")
def html_report(material: PageMaterial) -> str:
    """The page: answer, table, curves, galleries, audit, protocol and provenance. Raises `BenchError` without rows."""
    return render("page.html", SCRIPTS, **page_values(material))


def page_values(material: PageMaterial) -> dict[str, Any]:
    """What the page's template takes."""
    results = material.results
    blocks = suite_blocks(results.rows, results.suites, results.replicates or _no_replicates, results.scores)
    shared = page_looks(blocks)
    parts = [PageBlock(block, place, shared, material) for place, block in enumerate(blocks)]
    data = {
        "metrics": metric_choices(),
        "dashes": DASHES,
        "trivial": TRIVIAL,
        "blocks": [part.data() for part in parts],
    }
    notes = dict.fromkeys(
        text
        for part in parts
        for entry in part.block.entries
        for row in entry.rows
        for text in (row.id_note and f"{row.id}: {row.id_note}", row.ood_note and f"{row.ood}: {row.ood_note}")
        if text
    )
    return {
        "title": f"Out-of-distribution detection on {', '.join(dict.fromkeys(part.block.id for part in parts))}",
        "parts": parts,
        "material": material,
        "notes": list(notes),
        "warnings": _warnings(parts),
        "transfers": [transfer_table(key, rows) for key, rows in _transfers(material.transfers).items()],
        "percent": percent,
        "data": json_in_script(data),
        "doubles": _doubles,
    }


def _doubles(found: Mapping[str, Any]) -> str:
    """How many images an audit found to be in another set too."""
    near = "near-duplicates not looked for" if found["near"] is None else f"{found['near']:,} nearly"
    return f"{found['known']}: {found['exact']:,} exactly, {near}"


def _no_replicates(_: str) -> None:
    return None


def page_looks(blocks: Sequence[Block]) -> dict[str, Look]:
    """The looks that the run's figures have: the best methods choose their colours first where there are many."""
    choices = [choice_of(block) for block in blocks]
    return looks(
        (label for block in blocks for label in block.labels),
        first=(label for choice in choices for label in choice.labels if choice.others),
    )


@dataclass(frozen=True)
class TransferTable:
    """AUROCs in percent of a parameter tuned on one set (a line) and tested on another (a column), None where absent;
    each with its gain over the reference in points, and the class of its colour.
    """

    title: str
    oods: tuple[str, ...]
    lines: tuple[tuple[str, tuple[tuple[str, str, str] | None, ...]], ...]


def transfer_table(title: str, rows: Sequence[Mapping[str, Any]]) -> TransferTable:
    """The mean AUROC of each line and column of a method's transfer."""
    oods = tuple(dict.fromkeys(str(row["ood"]) for row in rows))
    cells = grouped(rows, lambda row: (str(row["tuned_on"]), str(row["ood"])))
    means = {place: sum(float(row["auroc"]) for row in members) / len(members) for place, members in cells.items()}
    lines = tuple(
        (line, tuple(_transfer_cell(means, line, ood) for ood in oods))
        for line in dict.fromkeys(str(row["tuned_on"]) for row in rows)
    )
    return TransferTable(title, oods, lines)


def _transfer_cell(means: Mapping[tuple[str, str], float], line: str, ood: str) -> tuple[str, str, str] | None:
    auroc, reference = means.get((line, ood)), means.get(("reference", ood))
    if auroc is None:
        return None
    gain = 0.0 if reference is None else 100 * (auroc - reference)
    strength = sum(abs(gain) >= least for least in (0.25, 1, 3))
    kind = f"{'gain' if gain > 0 else 'loss'}{strength}" if strength else ""
    return percent(auroc, 1), f"{gain:+.1f}", f"{kind} own" if line == ood else kind


def _transfers(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    return grouped(rows, lambda row: f"{row['method']}, {row['id']}, {row['network']}")


def _warnings(parts: Sequence[PageBlock]) -> list[str]:
    found = [
        (f"{entry.label} on {section.ood}", row.warnings)
        for part in parts
        for section in part.block.sections
        for entry in section.entries
        for row in entry.rows
        if row.warnings
    ]
    return [f"{place}: {text}" for place, text in dict.fromkeys(found)]
