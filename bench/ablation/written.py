"""The files made of what an ablation gave: rows for machines, tables and figures for people."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.atomic import write_json, write_text

from .outcome import TransferRows, VariantRows, write_reports


def write_files(outcome: VariantRows | TransferRows, folder: Path) -> list[Path]:
    """Write `ablation.csv` and `ablation.json` (fractions at full precision), and all reports; returns the paths.

    A transfer, which has no cells that would tell it, has its `provenance.json` beside them.
    """
    import pandas as pd

    written = [folder / "ablation.csv", folder / "ablation.json"]
    write_text(written[0], pd.DataFrame([_plain(row) for row in outcome.rows]).to_csv(index=False))
    write_json(written[1], [dict(row) for row in outcome.rows])
    if isinstance(outcome, TransferRows):
        written.append(folder / "provenance.json")
        write_json(written[-1], dict(outcome.provenance))
    return written + write_reports(outcome, folder)


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row with objects as compact JSON and lists as one text, so that every cell is plain."""
    return {name: _spelt(value) for name, value in row.items()}


def _spelt(value: Any) -> Any:
    if isinstance(value, Mapping):
        return json.dumps(value, sort_keys=True)
    return "; ".join(value) if isinstance(value, list) else value
