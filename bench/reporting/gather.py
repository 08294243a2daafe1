"""Everything that a results folder says of a run, for the page of its report."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.address import shown
from bench.errors import BenchError
from bench.method_contract import METHODS
from bench.report_page import Gallery, PageMaterial
from bench.store import Store

from .audits import audits_of, sheets_of
from .kept import kept_results
from .scoreless import left_out, require_some, with_scores

WAYS = ("command", "device", "threads", "python", "packages", "git", "plugins")
"""What a provenance holds besides times and memory: cells that agree in it came about in one way."""


def gather(
    folder: Path,
    *,
    command: str,
    galleries: Sequence[Gallery] = (),
    remarks: Sequence[str] = (),
    transfers: Path | None = None,
) -> PageMaterial:
    """What the folder holds: rows and scores, provenance, and `audit*.json` with their sheets. `transfers` is the
    folder of a `bench ablate` run whose `ablation.csv` is shown too; without it the folder itself is looked in.

    Rows whose scores are gone are left out, which a remark says. Raises `BenchError` when there are no results, a file
    is damaged, or `transfers` has nothing to show.
    """
    store, kept, audits = Store(folder), kept_results(folder), audits_of(folder)
    gone = store.without_scores()
    results = require_some(with_scores(kept, gone), folder)
    return PageMaterial(
        results=results,
        groups=groups_of(set(map(str, results.rows["method"]))),
        provenance=provenances(store.records()),
        audits=audits,
        sheets=sheets_of(folder, audits),
        transfers=_transfers(folder) if transfers is None else _asked_transfers(transfers),
        galleries=galleries,
        remarks=[*remarks, *left_out(kept, gone, folder), *_failures(store)],
        command=command,
    )


def provenances(records: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The ways in which cells came about, each with its number of `cells`, the `first` and the `last` time."""
    found: dict[str, dict[str, Any]] = {}
    for record in records:
        told = record.get("provenance", {})
        way = {name: told.get(name) for name in WAYS}
        times = str(told.get("created", ""))
        one = found.setdefault(json.dumps(way, sort_keys=True), {**way, "cells": 0, "first": times, "last": times})
        one["cells"] += 1
        one["first"], one["last"] = min(one["first"], times), max(one["last"], times)
    return sorted(found.values(), key=lambda one: str(one["first"]))


def groups_of(methods: Iterable[str]) -> dict[str, str]:
    """What each method looks at, by name; without those of plugins that are not at hand."""
    found = {}
    for name in methods:
        try:
            found[name] = str(METHODS.get(name).group)
        except BenchError:
            continue
    return found


def _failures(store: Store) -> list[str]:
    return [
        f"{failure['cell'].get('method')} on {failure['cell'].get('ood', ['?'])[0]} failed: {failure['message']}"
        for failure in store.failures()
    ]


def _asked_transfers(folder: Path) -> list[dict[str, Any]]:
    found = _transfers(folder)
    if not found:
        name, what = shown(folder), "has no transfer" if folder.is_dir() else "is no folder"
        raise BenchError(f"{name} {what}. Make one with: bench ablate epsilon-transfer … --out {name}")
    return found


def _transfers(folder: Path) -> list[dict[str, Any]]:
    path = folder / "ablation.csv"
    if not path.exists():
        return []
    import pandas as pd

    frame = pd.read_csv(path)
    wanted = {"method", "id", "network", "tuned_on", "ood", "auroc"}
    return [{str(k): v for k, v in one.items()} for one in frame.to_dict("records")] if wanted <= {*frame} else []
