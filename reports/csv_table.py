"""The comparison table for machines: fractions at full precision, every column named in full."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence

from .blocks import Block, Entry, Section
from .cost_table import costs_of
from .result_row import METRICS
from .summary import summarise

Value = str | int | float | None


def csv_table(blocks: Sequence[Block]) -> str:
    """One line for each entry; `<metric>` is the mean over seeds, `<metric>_sd` the sample standard deviation.

    Undefined values are empty. `seeds` and, where they differ, `parameters`, `transform` and `warnings` list one item
    per seed. Costs are medians over seeds. `network` is that of the block: methods without one, whose `objective` is
    `none`, have a line in each block in which they stand.
    """
    lines = [
        _line(block, section, entry) for block in blocks for section in block.sections for entry in section.entries
    ]
    text = io.StringIO()
    writer = csv.DictWriter(text, list(lines[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    return text.getvalue()


def _line(block: Block, section: Section, entry: Entry) -> dict[str, Value]:
    return {
        "id": block.id,
        "network": block.network,
        "protocol": block.protocol,
        "precision": block.precision,
        "ood": section.ood,
        "method": entry.rows[0].method,
        "label": entry.label,
        "objective": entry.rows[0].objective,
        "n_seeds": len(entry.rows),
        "seeds": " ".join(str(seed) for seed in entry.seeds if seed is not None),
        "n_id": block.n_id,
        "n_ood": section.n_ood,
        **_mean_and_sd("id_accuracy", [row.id_accuracy for row in entry.rows]),
        **{name: value for metric in METRICS for name, value in _metric(metric, entry).items()},
        **_costs(entry),
        "parameters": _one_or_all([json.dumps(row.parameters, sort_keys=True) for row in entry.rows]),
        "transform": _one_or_all([row.transform for row in entry.rows]),
        "tuned_on": entry.rows[0].tuned_on,
        "id_note": block.id_note,
        "ood_note": section.ood_note,
        "warnings": _one_or_all([row.warnings for row in entry.rows]),
    }


def _metric(metric: str, entry: Entry) -> dict[str, Value]:
    return _mean_and_sd(metric, [row.metrics[metric] for row in entry.rows])


def _costs(entry: Entry) -> dict[str, Value]:
    return {
        name: int(value) if value is not None and name == "state_bytes" else value
        for name, value in costs_of(entry.rows).items()
    }


def _mean_and_sd(name: str, values: Sequence[float | None]) -> dict[str, Value]:
    summary = summarise(values)
    return {name: summary.mean if summary else None, f"{name}_sd": summary.sd if summary else None}


def _one_or_all(texts: Sequence[str]) -> str:
    return texts[0] if len(set(texts)) == 1 else " | ".join(texts)
