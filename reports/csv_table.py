"""The comparison table for machines: fractions at full precision, every column named in full."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence

from .blocks import Block, Entry, Section
from .cost_table import costs_of
from .evidence import interval_of
from .group_means import GroupMean, means_of_group
from .result_row import METRICS
from .summary import Summary, summarise

Value = str | int | float | None


def csv_table(blocks: Sequence[Block]) -> str:
    """One line for each entry; `<metric>` is the mean over seeds, `<metric>_sd` the sample standard deviation.

    `<metric>_low` and `<metric>_high` are the ends of the 95 % interval, of one seed for its network, of several over
    seeds and images. Undefined values are empty. `id` names what counts as in-distribution, shifted sets too, whose
    mean accuracies are in `shifted_accuracy` as JSON. `seeds` and, where they differ, `parameters`, `transform` and
    `warnings` list one item per seed. Costs are medians over seeds. `network` is that of the block: methods without
    one, whose `objective` is `none`, have a line in each block in which they stand.
    """
    lines = [
        _line(block, section, entry) for block in blocks for section in block.sections for entry in section.entries
    ]
    return _text(lines)


def group_csv(blocks: Sequence[Block]) -> str:
    """The means over the groups of suites, one line for each method and group; empty where there are none.

    `<metric>` is the mean over the `n_sets` sets in `sets`, averaged over seeds, and a mean of the whole group only
    where that is `n_sets_of_group`; `<metric>_sd` is the sample standard deviation over seeds.
    """
    means = [
        (block, mean)
        for block in blocks
        if block.suite
        for group in block.suite.groups
        for mean in means_of_group(block, group)
    ]
    return _text([_mean_line(block, mean) for block, mean in means]) if means else ""


def _text(lines: Sequence[Mapping[str, Value]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(lines[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    return text.getvalue()


def _mean_line(block: Block, mean: GroupMean) -> dict[str, Value]:
    assert block.suite is not None
    seeds = mean.entries[0].seeds
    return {
        "suite": block.suite.name,
        "id": block.id,
        "network": block.network,
        "protocol": block.protocol,
        "precision": block.precision,
        "group": mean.group,
        "method": mean.entries[0].rows[0].method,
        "label": mean.label,
        "n_sets": len(mean.sets),
        "n_sets_of_group": mean.size,
        "sets": " ".join(mean.sets),
        "n_seeds": len(seeds),
        "seeds": " ".join(str(seed) for seed in seeds if seed is not None),
        **{name: value for metric in METRICS for name, value in _named(metric, mean.of(metric)).items()},
    }


def _line(block: Block, section: Section, entry: Entry) -> dict[str, Value]:
    return {
        "id": block.id,
        "network": block.network,
        "protocol": block.protocol,
        "precision": block.precision,
        "ood": section.ood,
        "group": block.suite.group_of(section.ood) if block.suite else "",
        "method": entry.rows[0].method,
        "label": entry.label,
        "objective": entry.rows[0].objective,
        "n_seeds": len(entry.rows),
        "seeds": " ".join(str(seed) for seed in entry.seeds if seed is not None),
        "n_id": block.n_id,
        "n_ood": section.n_ood,
        **_mean_and_sd("id_accuracy", [row.id_accuracy for row in entry.rows]),
        "shifted_accuracy": _shifted(entry),
        **{name: value for metric in METRICS for name, value in _metric(metric, entry, block).items()},
        **_costs(entry),
        "parameters": _one_or_all([json.dumps(row.parameters, sort_keys=True) for row in entry.rows]),
        "transform": _one_or_all([row.transform for row in entry.rows]),
        "tuned_on": entry.rows[0].tuned_on,
        "id_note": block.id_note,
        "ood_note": section.ood_note,
        "warnings": _one_or_all([row.warnings for row in entry.rows]),
    }


def _shifted(entry: Entry) -> str:
    """The mean accuracy on each shifted set, as JSON; empty where there are none."""
    means = {name: summarise([row.shifted[name] for row in entry.rows]) for name in entry.rows[0].shifted}
    return json.dumps({name: one.mean if one else None for name, one in means.items()}) if means else ""


def _metric(metric: str, entry: Entry, block: Block) -> dict[str, Value]:
    low, high = interval_of(block, entry, metric) or (None, None)
    figures = _mean_and_sd(metric, [row.metrics[metric] for row in entry.rows])
    return {**figures, f"{metric}_low": low, f"{metric}_high": high}


def _costs(entry: Entry) -> dict[str, Value]:
    return {
        name: int(value) if value is not None and name == "state_bytes" else value
        for name, value in costs_of(entry.rows).items()
    }


def _mean_and_sd(name: str, values: Sequence[float | None]) -> dict[str, Value]:
    return _named(name, summarise(values))


def _named(name: str, summary: Summary | None) -> dict[str, Value]:
    return {name: summary.mean if summary else None, f"{name}_sd": summary.sd if summary else None}


def _one_or_all(texts: Sequence[str]) -> str:
    return texts[0] if len(set(texts)) == 1 else " | ".join(texts)
