"""Whether the row of a stored cell is one: results may come from someone else, and a table shows what rows say."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from bench.errors import BenchError

_METRICS = (
    *("auroc", "fpr_at_95_tpr", "fpr_at_95_tpr_ood", "detection_error", "aupr_in", "aupr_out", "fpr_at_95_tpr_band"),
    *("id_accuracy", "tie_share"),
)
_TEXTS = ("method", "id", "ood", "network", "objective", "protocol", "weights", "key")
_LATER_TEXTS = ("precision", "transform", "tuned_on", "network_note", "id_note", "ood_note")
_LATER = (*_LATER_TEXTS, "shifted")
"""What rows and cells of older versions lack."""


def require_sound_row(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """The row of a record. Raises `BenchError` where it lacks a column, or has a value of another kind in one."""
    row, cell, cost = record.get("row"), record.get("cell"), record.get("cost", {})
    if not isinstance(row, dict) or not isinstance(cell, dict) or not isinstance(cell.get("transform"), dict):
        raise _unsound(record, "it has no row, or no cell with an input transform")
    for name, fits in _OF_CELL.items():
        if not fits(cell.get(name)) and (name in cell or name not in _LATER):
            raise _unsound(record, f"'{name}' in its cell is {cell.get(name)!r:.60}")
    if not isinstance(cost, dict) or not all(_is_number(one) for one in cost.values()):
        raise _unsound(record, f"its cost is {cost!r:.60}")
    for name, fits in _COLUMNS.items():
        if name not in row and name not in _LATER:
            raise _unsound(record, f"its row lacks '{name}'")
        if name in row and not fits(row[name]):
            raise _unsound(record, f"'{name}' in its row is {row[name]!r:.60}")
    if row["key"] != record.get("key"):
        raise _unsound(record, "its row has the key of another cell")
    return row


def _unsound(record: Mapping[str, Any], why: str) -> BenchError:
    return BenchError(
        f"The record {record.get('key')!r:.80} of the results is not what a run writes: {why}. Remove its file from "
        "the folder cells, and run the same command again."
    )


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**63


def _is_share(value: Any) -> bool:
    return value is None or (type(value) in (int, float) and 0 <= value <= 1)


def _is_number(value: Any) -> bool:
    return value is None or (type(value) in (int, float) and math.isfinite(value))


def _is_plain(value: Any) -> bool:
    """Whether it is a table of settings: numbers, words, and lists of these."""
    return isinstance(value, dict) and all(_is_setting(one) for one in value.values())


def _is_setting(value: Any) -> bool:
    if isinstance(value, list):
        return all(_is_setting(one) for one in value)
    return value is None or isinstance(value, str | int) or (isinstance(value, float) and math.isfinite(value))


def _is_named(value: Any) -> bool:
    """Whether it is a set of images: its name, and what stands for its images; None where there is none."""
    return isinstance(value, list) and len(value) == 2 and all(one is None or _is_text(one) for one in value)


_OF_CELL: dict[str, Callable[[Any], bool]] = {
    **dict.fromkeys(("method", "network", "weights", "protocol", "precision"), _is_text),
    **dict.fromkeys(("id", "ood", "tune_on"), _is_named),
    "parameters": _is_plain,
    "shifted": lambda value: isinstance(value, list) and all(map(_is_named, value)),
}
"""What a value must be, by its name in a cell."""

_COLUMNS: dict[str, Callable[[Any], bool]] = {
    **dict.fromkeys((*_TEXTS, *_LATER_TEXTS), _is_text),
    **dict.fromkeys(("n_id", "n_ood"), _is_count),
    **dict.fromkeys(_METRICS, _is_share),
    "seed": lambda value: value is None or _is_count(value),
    "parameters": _is_plain,
    "shifted": lambda value: isinstance(value, dict) and all(map(_is_share, value.values())),
    "warnings": lambda value: isinstance(value, list) and all(map(_is_text, value)),
}
"""What a value must be, by its column."""
