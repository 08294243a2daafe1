"""Rows whose scores are gone: what needs scores is made of the others, and says so."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from bench.address import shown
from bench.errors import BenchError
from bench.report import Results


def with_scores(results: Results, gone: Collection[str]) -> Results:
    """The results without the rows whose keys are `gone`: perhaps none."""
    return replace(results, rows=results.rows[~results.rows["key"].isin(list(gone))])


def require_some(scored: Results, folder: Path) -> Results:
    """The results again; raises `BenchError` where they have no rows."""
    if scored.rows.empty:
        raise BenchError(f"The scores of all results in {shown(folder)} are gone. {_mend(folder)}")
    return scored


def left_out(results: Results, gone: Collection[str], folder: Path) -> list[str]:
    """A sentence on each row whose key is in `gone`, and how to compute them again; empty where there is none."""
    import pandas

    rows = results.rows[results.rows["key"].isin(list(gone))]
    if rows.empty:
        return []
    seeds = ("" if pandas.isna(seed) else f", seed {int(seed)}" for seed in rows["seed"])
    named = [f"{method} on {ood}{seed}" for method, ood, seed in zip(rows["method"], rows["ood"], seeds, strict=True)]
    return [f"Left out, as their scores are gone: {'; '.join(named)}. {_mend(folder)}"]


def _mend(folder: Path) -> str:
    return f"Compute them again with: bench rerun {shown(folder)}"
